"""Makes .venv and installs the locked packages into it: `python3 -I megacity/bootstrap.py run|dev|bench`.

Runs on the machine's own Python, before anything is installed: the standard library alone, and a syntax that an old
Python can read, so that it can say that it is too old.
"""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import time

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
# Those for development hold all of those for running, in the same versions.
# Each lock holds all that the ones after it hold.
LOCKS = {
    "run": ["requirements.lock"],
    "dev": ["requirements-dev.lock", "requirements.lock"],
    "bench": ["requirements-bench.lock", "requirements-dev.lock", "requirements.lock"],
}


def main(kind):
    if sys.version_info < OLDEST:
        sys.exit(
            "MegaCity needs Python %d.%d or newer; %s is %s. Name another one: make run PYTHON=python3.12"
            % ((*OLDEST, sys.executable, sys.version.split()[0]))
        )
    wanted = {name: fingerprint(name) for name in LOCKS[kind]}
    if all(stamp(name) == wanted[name] for name in wanted) and works():
        return
    # One at a time; the kernel lets go of the folder when we end.
    fcntl.flock(os.open(ROOT, os.O_RDONLY), fcntl.LOCK_EX)
    if not works():
        make_venv()
    if any(stamp(name) != wanted[name] for name in wanted):
        install(LOCKS[kind][0])
        for name in wanted:
            with open(stamp_path(name), "w") as file:
                file.write(wanted[name])


def fingerprint(name):
    with open(os.path.join(ROOT, name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def stamp_path(name):
    return os.path.join(VENV, name + ".sha256")


def stamp(name):
    try:
        with open(stamp_path(name)) as file:
            return file.read()
    except OSError:
        return ""


def works():
    """Whether .venv has a Python that runs: the one that it was made from may be gone, or be too old."""
    check = "import sys; sys.exit(sys.version_info < %r or not __import__('importlib.util').util.find_spec('pip'))"
    try:
        return subprocess.call([PYTHON, "-I", "-c", check % (OLDEST,)], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv():
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        sys.exit(
            "%s cannot make a virtual environment with pip in it: the module ensurepip is missing.\n"
            "On Debian and Ubuntu it is in the package python3-venv: apt-get install python3-venv" % sys.executable
        )
    say("Making the virtual environment .venv")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]):
        sys.exit("The virtual environment %s could not be made; see above." % VENV)


def install(lock):
    with open(os.path.join(ROOT, lock)) as file:
        total = len(re.findall(r"^[\w.-]+(?:\[.*\])?==", file.read(), re.M))
    say("Installing %d locked packages (%s)" % (total, lock))
    # The lock names every package, so nothing is left to resolve.
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "--no-input", "-r", lock]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    begun = time.time()
    number = 0
    for line in process.stdout or ():
        said.append(line)
        found = re.match(r"(Collecting|Requirement already satisfied:|Ignoring) ([^\s:]+)", line)
        number += bool(found)
        # Ignored are those for other machines.
        if found and found.group(1) != "Ignoring":
            say("  [%d/%d] %s" % (number, total, found.group(2)))
        elif line.startswith("Installing collected packages"):
            say("  writing them into .venv (about a minute)")
    if process.wait():
        sys.exit("%sThe packages of %s could not be installed; see above." % ("".join(said[-25:]), lock))
    say("Installed in %.0f s" % (time.time() - begun))


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit("python3 -I megacity/bootstrap.py %s" % "|".join(LOCKS))
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the next run goes on from here.")
    except OSError as error:
        sys.exit("%s: %s" % (error.filename or ROOT, error.strerror))
