"""What this project was founded on, told as tests: each file is a story that runs."""
