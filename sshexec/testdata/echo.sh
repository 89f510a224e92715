# prints each argument behind its length, then ends with no newline
for a; do
	printf '<%s>' "$a"
done
