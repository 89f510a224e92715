# names its shell, and sleeps in the foreground
echo "pid $$"
sleep "$1"
echo slept
