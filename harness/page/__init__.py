"""Behind `report`: the parts of the HTML page, and its templates."""
