"""Background-Manager-Logic: participants, boxes, meters and units, and the way from the portal to the boxes."""
