"""Where rows and text come from: the hub, files in their distributed formats, text to pre-train on."""
