# What both jobs share. It is read by them with "." and does nothing by itself.
# shellcheck shell=bash

# load_settings reads the jobs' settings: JOB_FOLDER, the key, and what else is in jobs.env. It is run by bash and
# holds a key, so it must be this user's, and nobody else may read or write it.
load_settings() {
  local file=${JOB_ENV:-/etc/descope-mgmt/jobs.env}
  if [ ! -f "$file" ] || [ ! -O "$file" ] || [ -n "$(find -L "$file" -maxdepth 0 -perm /077)" ]; then
    echo "$0: $file is missing, is somebody else's, or others may read it: chmod 600 $file" >&2
    exit 4
  fi
  set -a # the program has to see them
  # shellcheck source=jobs.env.example
  . "$file"
  set +a
  cd "${JOB_FOLDER:?"$file must set it to the folder of descope.yaml"}" || exit 1
}

# only_one NAME ends this run where an earlier one of the same job is still at work, which is no failure. The lock is
# the kernel's: a job that dies has let it go.
only_one() {
  local folder=${JOB_RUN:-${XDG_RUNTIME_DIR:-$HOME/.cache}/descope-mgmt}
  (umask 077 && mkdir -p "$folder")
  exec 9>"$folder/$1.lock"
  if ! flock --nonblock 9; then
    echo "$0: the last run is still at work" >&2
    exit 0
  fi
}

# run COMMAND... sets status and output. The command must not inherit the lock: what it started would keep it.
run() {
  status=0
  output=$("$@" 2>&1 9>&-) || status=$?
}

# tell SUBJECT prints what cron is to send, or what a monitor is to keep, and ends with the status of the last run.
tell() {
  printf '%s (status %d, on %s)\n\n%s\n' "$1" "$status" "$(hostname)" "$output"
  exit "$status"
}
