"""What is written about a run: JUnit, JSON, HTML, a summary in Markdown, annotations of a CI."""
