#!/usr/bin/env bash
# Tests and benches of the webgpu device on a machine with an NVIDIA GPU that has neither a network nor
# Deno. Two steps:
#
#   bench/gpu.sh pack                     here: leaves Deno, the npm packages and a Vulkan loader in .gpu/
#   bench/gpu.sh run result.json [part …] there: unpacks them and does the parts, by default all three:
#                                         tests, works (bench/gpu/main.ts) and kernels (bench/table.ts)
#
# .gpu/ travels beside the checkout, 35 MB or so. result.json has what each part found, or why it found
# nothing; a part that is done later is added to it. A part ends after MILLRACE_SECONDS, 540 if that is
# not set: where a call may take no longer than ten minutes, do the parts one by one. MILLRACE_WORKS are
# options of bench/gpu/main.ts, as "--largest 512"; MILLRACE_KERNELS are words of bench:table, "conv2d
# ops normalizations" if not set. The exit status of "run" is 1 when a part failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export NO_COLOR=1 DENO_NO_UPDATE_CHECK=1
packed=.gpu

pack() {
  mkdir -p "$packed"
  local deno cache data
  deno=$(deno eval 'console.log(Deno.execPath())')
  if [[ ! -s $packed/deno.xz ]]; then
    xz -T0 -6 -c "$deno" >"$packed/deno.xz"
  fi
  # what the tests and benches import, data sets among it, and nothing else of this machine's cache
  cache=$(mktemp -d)
  mapfile -t data < <(
    grep -rhoE '"npm:(@[a-z-]+/)?[a-z-]+@[0-9.]+["/]' plugins/loaders pipelines |
      tr -d '"' | sed 's:/$::' | grep -v '^npm:package@' | sort -u
  )
  DENO_DIR=$cache JSR_URL=file://$PWD/tests/jsr deno cache -q \
    mod.ts core/cli/main.ts bench/gpu/main.ts bench/table.ts bench/support/measure_process.ts tests/core/devices/*.ts tests/core/devices/webgpu/*.ts
  # one by one: the data are read as files, and some cannot be imported though they are there
  local package
  for package in "${data[@]}"; do
    DENO_DIR=$cache deno cache -q --no-check "$package/package.json" 2>/dev/null || true
    package=${package#npm:}
    if ! compgen -G "$cache/npm/*/${package%@*}/${package##*@}" >/dev/null; then
      say "cannot get $package"
    fi
  done
  tar -C "$cache" -cJf "$packed/npm.tar.xz" npm
  rm -rf "$cache"
  if command -v apt-get >/dev/null && ! compgen -G "$packed/libvulkan1*.deb" >/dev/null; then
    (cd "$packed" && apt-get download -qq libvulkan1) ||
      say "no libvulkan1 in $packed: the other machine must have it"
  fi
  du -sh "$packed"
}

# xz may be absent there, but its format is part of Python.
unpack() {
  if command -v xz >/dev/null; then
    xz -dc "$1"
  else
    python3 -c \
      'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"
  fi
}

say() { echo "gpu: $*" >&2; }

find_vulkan() {
  if [[ $(/sbin/ldconfig -p 2>/dev/null || true) != *libvulkan.so.1* ]] &&
    compgen -G "$packed/libvulkan1*.deb" >/dev/null; then
    local root=$work/vulkan
    command -v dpkg >/dev/null || { say "no dpkg to unpack the Vulkan loader with" && return; }
    dpkg -x "$packed"/libvulkan1*.deb "$root"
    LD_LIBRARY_PATH=$(dirname "$(find "$root" -name 'libvulkan.so.1' | head -n 1)")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
  fi
  if [[ -z ${VK_DRIVER_FILES:-} ]]; then
    local icd
    for icd in {/usr/share,/etc,/usr/local/nvidia/share}/vulkan/icd.d/nvidia_icd*.json; do
      if [[ -f $icd ]]; then export VK_DRIVER_FILES=$icd; fi
    done
  fi
  [[ -n ${VK_DRIVER_FILES:-} ]] || say "no NVIDIA driver for Vulkan was found: Vulkan looks for others"
  export DENO_WEBGPU_BACKEND=vulkan XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$work}
}

# Adds a field to the result, which is made where it is missing: text, or the JSON of a file as @path.
note() {
  deno eval 'const [file, name, text] = Deno.args;
    const read = (path) => JSON.parse(Deno.readTextFileSync(path));
    let known = {};
    try {
      known = read(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const value = text.startsWith("@") ? read(text.slice(1)) : text;
    Deno.writeTextFileSync(`${file}.new`, JSON.stringify({ ...known, [name]: value }, null, 2) + "\n");
    Deno.renameSync(`${file}.new`, file);' "$@"
}

# Runs Deno until the time of a part is over.
limited() {
  timeout --kill-after=10 "${MILLRACE_SECONDS:-540}" deno "$@"
}

tests_part() {
  local status=0
  limited test -A --no-check --cached-only --filter webgpu tests/core/devices 2>&1 |
    tee "$work/tests" || status=$?
  note "$1" tests "$(grep -E '^(ok|FAILED) \| [0-9]+ passed' "$work/tests" | tail -n 1 ||
    echo "ended with status $status (124: the time was over) behind $(grep -c ' ok (' "$work/tests") that passed")"
  return "$status"
}

works_part() {
  local status=0
  # shellcheck disable=SC2086 # options are wanted
  limited run -A --no-check --cached-only bench/gpu/main.ts "$work/works.json" ${MILLRACE_WORKS:-} ||
    status=$?
  if [[ -s $work/works.json ]]; then note "$1" works "@$work/works.json" || status=1; fi
  [[ $status == 0 ]] || note "$1" worksEnded "status $status (124: the time was over)"
  return "$status"
}

kernels_part() {
  local status=0
  # shellcheck disable=SC2086 # words are wanted
  limited run -A --no-check --cached-only bench/table.ts --device both --flags none --rounds 2 \
    --json "$work/kernels.json" ${MILLRACE_KERNELS:-conv2d ops normalizations} || status=$?
  if [[ -s $work/kernels.json ]]; then note "$1" kernels "@$work/kernels.json" || status=1; fi
  [[ $status == 0 ]] || note "$1" kernelsEnded "status $status (124: the time was over)"
  return "$status"
}

run() {
  local result=${1:?"usage: bench/gpu.sh run <result.json> [tests] [works] [kernels]"} part
  local parts=("${@:2}")
  [[ ${#parts[@]} -gt 0 ]] || parts=(tests works kernels)
  for part in "${parts[@]}"; do
    if ! declare -F "${part}_part" >/dev/null; then
      say "there is no part \"$part\": tests, works, kernels"
      return 2
    fi
  done
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  if [[ -s $packed/deno.xz ]]; then
    [[ -s $packed/npm.tar.xz ]] || { say "$packed/npm.tar.xz is missing: pack anew" && return 1; }
    unpack "$packed/deno.xz" >"$work/deno"
    chmod +x "$work/deno"
    mkdir "$work/cache"
    unpack "$packed/npm.tar.xz" | tar -C "$work/cache" -xf -
    export DENO_DIR=$work/cache PATH=$work:$PATH
  elif ! command -v deno >/dev/null; then
    say "neither $packed/deno.xz nor a Deno is here: run bench/gpu.sh pack where there is one"
    return 1
  fi
  export JSR_URL=file://$PWD/tests/jsr
  find_vulkan
  local status=0
  for part in "${parts[@]}"; do "${part}_part" "$result" || status=1; done
  return "$status"
}

case ${1:-} in
  pack) pack ;;
  run) run "${@:2}" ;;
  *)
    sed -n '2,13p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'
    exit 2
    ;;
esac
