# Knows who works in a folder: every process whose working directory is in it. It needs no list of
# them, so nobody is missed, orphans included.
#
#   guardian.sh FOLDER SIGNAL   sends them the signal
#   guardian.sh FOLDER          makes the folder, and says so, or why not; waits for the end of its
#                               input, which comes with the end of the process that started it,
#                               however that ends; then ends them all and removes the folder

folder=$1

workers() {
    ls -l /proc/[0-9]*/cwd 2>/dev/null | while read -r line; do
        case $line in
            *" -> $folder" | *" -> $folder/"*) line=${line#*/proc/}; echo "${line%%/*}" ;;
        esac
    done
}

send() {
    for worker in $(workers); do kill -s "$1" "$worker" 2>/dev/null; done
}

# Memory that is not freed by itself when they are killed: files, which they have mapped, and a
# segment, whose number is in a file of the server.
memory_files() {
    for worker in $(workers); do
        sed -n 's|.* \(/dev/shm/PostgreSQL[.0-9]*\).*|\1|p' "/proc/$worker/maps" 2>/dev/null
    done
}

free_memory() {
    rm -f $memory
    segment=$(sed -n 7p "$folder/data/postmaster.pid" 2>/dev/null)
    if [ -n "$segment" ]; then ipcrm -m "${segment##* }" 2>/dev/null; fi
}

if [ $# -eq 2 ]; then
    send "$2"
    exit
fi

trap '' HUP INT PIPE QUIT TERM
mkdir -m 700 "$folder" 2>&1 || exit
echo made
while read -r _; do :; done

memory=$(memory_files)
send CONT
send QUIT
rounds=0
while [ -n "$(workers)" ]; do
    rounds=$((rounds + 1))
    if [ $rounds -gt 100 ]; then send KILL; fi
    sleep 0.05
done

free_memory
until rm -rf "$folder" || [ $rounds -gt 1000 ]; do
    rounds=$((rounds + 100))
    sleep 0.05
done
