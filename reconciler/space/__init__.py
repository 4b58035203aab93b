"""Client of the Video API: requests, responses, retries, pagination."""
