"""What is newer than what this project runs with: TEI's images, packages, the engine, prices."""
