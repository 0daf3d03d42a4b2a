"""What the page of a run is made of: its words, its texts, its plots, and which rows it shows."""
