# leaves a child that holds stdout open
sleep "$1" &
echo "$!"
