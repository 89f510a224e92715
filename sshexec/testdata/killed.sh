# kills the main shell, not only the subshell it runs in
echo before
kill -KILL $$
