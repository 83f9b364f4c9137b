# Sourced by ./run and ./test from their own folder: a Python, its .venv, and the packages of this version.
# POSIX sh. What fails is said in one sentence after the installer's own words; nothing is installed on the system.

OLDEST="3, 11"

give_up() { # english, chinese
    printf '%s\n' "$1" "$2" >&2
    exit 1
}

is_python() { "$1" -c "import sys; sys.exit(sys.version_info < ($OLDEST))" >/dev/null 2>&1; }

find_python() {
    for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        is_python "$python" && return 0
    done
    give_up "Python 3.11 or newer is needed. Install it ($(how_to_install python3 python3-venv)) or name it: PYTHON=/path/python3 ./run" \
        "需要 Python 3.11 或更高版本。请安装（$(how_to_install python3 python3-venv)），或用 PYTHON=/path/python3 指定。"
}

how_to_install() { # the Debian names of packages, said in the words of this system
    if command -v apt-get >/dev/null 2>&1; then echo "apt-get install $*"
    elif command -v dnf >/dev/null 2>&1; then echo "dnf install python3 python3-pip"
    elif command -v zypper >/dev/null 2>&1; then echo "zypper install python311 python311-pip"
    elif command -v apk >/dev/null 2>&1; then echo "apk add python3 py3-pip"
    else echo "python3, venv, pip"; fi
}

# Two first starts at the same moment must not install into each other. The lock is this shell's open file,
# so it is gone with the shell however that ends.
lock_bootstrap() {
    exec 9>.venv.lock || give_up "This folder ($PWD) cannot be written, so no packages can be installed here." \
        "目录 $PWD 无法写入，不能安装依赖。"
    "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' || :
}

unlock_bootstrap() { exec 9>&-; }

make_venv() {
    is_python .venv/bin/python && return 0
    [ ! -e .venv ] || rm -rf .venv # its Python has gone, or was never finished
    venv_says=$("$python" -m venv .venv 2>&1) && return 0
    rm -rf .venv
    "$python" -m venv --without-pip .venv >/dev/null 2>&1 && return 0
    rm -rf .venv
    "$python" -m virtualenv -q .venv 2>/dev/null && return 0
    virtualenv -q -p "$python" .venv 2>/dev/null && return 0
    printf '%s\n' "$venv_says" >&2
    no_installer
}

no_installer() {
    rm -rf .venv
    give_up "This Python has neither venv nor pip. Install them: $(how_to_install python3-venv)" \
        "当前 Python 缺少 venv 和 pip，请先安装：$(how_to_install python3-venv)"
}

find_pip() { # the one of the venv, or any other that can install into it
    for pip in ".venv/bin/python -m pip" "$python -m pip --python .venv/bin/python" \
        "pip3 --python .venv/bin/python" "pip --python .venv/bin/python"; do
        $pip --version >/dev/null 2>&1 && return 0
    done
    .venv/bin/python -m ensurepip >/dev/null 2>&1 && pip=".venv/bin/python -m pip" && return 0
    no_installer
}

is_musl() { ls /lib/ld-musl-* >/dev/null 2>&1; }

wanted() { # "run" or "test": the requirement files
    case $1 in test) echo requirements-dev.txt ;; esac
    echo requirements.txt
    if ! is_musl && { [ -z "${DATABASE_URL:-}" ] || [ -z "${REDIS_URL:-}" ]; }; then echo requirements-embedded.txt; fi
}

contents() { # what an installation was made for
    .venv/bin/python -VV
    for file in $(wanted "$1"); do cat "$file"; done
}

is_installed() { [ -f ".venv/installed-$1" ] && contents "$1" | cmp -s - ".venv/installed-$1"; }

ready() { is_python .venv/bin/python && is_installed "$1"; }

# Compiled as they are imported: a third of the packages' modules never are, and a first start waits for this.
plain_install() {
    PIP_ROOT_USER_ACTION=ignore $pip install -qq --no-compile --disable-pip-version-check --no-input "$@"
}

# uv does in four seconds what pip does in twenty. It reads none of pip's settings: the index is told to it, and where it
# cannot be had or does not get through, pip does the work.
quick_install() {
    plain_install "uv>=0.9,<1" || return 1
    index=${PIP_INDEX_URL:-$($pip config get global.index-url 2>/dev/null || :)}
    env ${index:+"UV_DEFAULT_INDEX=$index"} ${PIP_CERT:+"SSL_CERT_FILE=$PIP_CERT"} UV_SYSTEM_CERTS=yes UV_HTTP_RETRIES=1 \
        .venv/bin/uv pip install -q --no-config --python .venv/bin/python "$@"
}

install_packages() { # "run" or "test"
    ready "$1" && return 0
    find_python
    lock_bootstrap
    if ! ready "$1"; then
        make_venv
        find_pip
        echo "Installing packages, about a minute the first time. 正在安装依赖，首次约需一分钟……"
        files=
        for file in $(wanted "$1"); do files="$files -r $file"; done
        # shellcheck disable=SC2086
        quick_install $files >/dev/null 2>&1 || plain_install $files ||
            give_up "Installing the packages failed; the reason stands above. Nothing else was changed." \
                "依赖安装失败，原因见上。未做其他改动。"
        contents "$1" >".venv/installed-$1"
        [ "$1" = run ] || contents run >.venv/installed-run
    fi
    unlock_bootstrap
}

read_env_file() { # NAME=value lines of .env; what the environment says already wins
    [ -f .env ] || return 0
    while IFS= read -r line || [ -n "$line" ]; do
        name=${line%%=*}
        case $name in '' | [!A-Z]* | *[!A-Z0-9_]*) continue ;; esac
        value=${line#*=}
        case $value in \"*\") value=${value#?} value=${value%?} ;; esac
        case $line in *=*) eval "[ \"\${$name+given}\" ]" || export "$name=$value" ;; esac
    done <.env
}
