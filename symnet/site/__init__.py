"""The lectures as a site of plain files: an overview, a page for each section, the errata."""
