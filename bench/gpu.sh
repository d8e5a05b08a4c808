#!/usr/bin/env bash
# Tests and benches of the webgpu device on a machine with an NVIDIA GPU that has neither a network nor
# Deno. Two steps:
#
#   bench/gpu.sh pack              here: leaves Deno, the npm packages and a Vulkan loader in .gpu/
#   bench/gpu.sh run result.json   there: unpacks them, runs the tests, then bench/gpu/main.ts, to which
#                                  it passes on what follows, as --largest 512, and last the kernels of
#                                  MILLRACE_KERNELS, words of bench:table ("conv2d ops normalizations")
#
# .gpu/ travels beside the checkout, 35 MB or so. result.json holds what bench/gpu/main.ts writes, with
# the outcome of the tests. The exit status of "run" is 1 when a test failed or nothing was measured.
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
      echo "gpu: cannot get $package" >&2
    fi
  done
  tar -C "$cache" -cJf "$packed/npm.tar.xz" npm
  rm -rf "$cache"
  if command -v apt-get >/dev/null && ! compgen -G "$packed/libvulkan1*.deb" >/dev/null; then
    (cd "$packed" && apt-get download -qq libvulkan1) ||
      echo "gpu: no libvulkan1 in $packed: the other machine must have it" >&2
  fi
  du -sh "$packed"
}

# xz may be absent there, but its format is part of Python.
unpack() {
  xz -dc "$1" 2>/dev/null || python3 -c \
    'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"
}

find_vulkan() {
  if [[ $(/sbin/ldconfig -p 2>/dev/null || true) != *libvulkan.so.1* ]] &&
    compgen -G "$packed/libvulkan1*.deb" >/dev/null; then
    local root=$work/vulkan
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
  export DENO_WEBGPU_BACKEND=vulkan XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$work}
}

# Adds a field to the result: text, or what is JSON.
note() {
  deno eval 'const [file, name, text] = Deno.args;
    const value = text.startsWith("{") ? JSON.parse(text) : text;
    const result = { ...JSON.parse(Deno.readTextFileSync(file)), [name]: value };
    Deno.writeTextFileSync(file, JSON.stringify(result, null, 2) + "\n");' "$@"
}

run() {
  local result=${1:?"usage: bench/gpu.sh run <result.json>"}
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  if [[ -s $packed/deno.xz ]]; then
    unpack "$packed/deno.xz" >"$work/deno"
    chmod +x "$work/deno"
    mkdir "$work/cache"
    unpack "$packed/npm.tar.xz" | tar -C "$work/cache" -xf -
    export DENO_DIR=$work/cache PATH=$work:$PATH
  fi
  export JSR_URL=file://$PWD/tests/jsr
  find_vulkan
  local status=0
  deno test -A --no-check --cached-only --filter webgpu \
    tests/core/devices 2>&1 | tee "$work/tests" || status=1
  deno run -A --no-check --cached-only bench/gpu/main.ts "$result" "${@:2}" || return 1
  local summary
  summary=$(grep -E '^(ok|FAILED) \| [0-9]+ passed' "$work/tests" | tail -n 1 || true)
  note "$result" tests "$summary"
  # shellcheck disable=SC2086 # words are wanted
  if deno run -A --no-check --cached-only bench/table.ts --device both --flags none --rounds 2 \
    --json "$work/kernels.json" ${MILLRACE_KERNELS:-conv2d ops normalizations}; then
    note "$result" kernels "$(cat "$work/kernels.json")"
  else
    status=1
  fi
  echo "$summary"
  return "$status"
}

case ${1:-} in
  pack) pack ;;
  run) run "${@:2}" ;;
  *)
    sed -n '2,10p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'
    exit 2
    ;;
esac
