"""What the README tells a newcomer to type, typed as it stands, in its order, by a fresh user.

Where root may mount, that is on this machine under an overlay that is thrown away: `apt install` installs, the commands of `console` are
those of a user without rights. Elsewhere packages are only unpacked, into the fresh home. What this machine has installed for the tests is
there either way; packaging/try_on_clean_debian.sh is slower and has a Debian with nothing in it.
"""

import os
import re
import shlex
import subprocess

import numpy as np
import pytest
from outside_project import BUILD, ROOT

pytestmark = pytest.mark.skipif(BUILD.resolve() != (ROOT / "build" / "release").resolve(), reason="the README's commands build in build/release")

# What is not typed, and why.
LEFT_OUT = {"./dev package": "the fixture `packages` has typed it, as it stands"}
NOBODY = 65534


def typed():
    """(language, command, what it prints) of the README's blocks."""
    for language, text in re.findall(r"^```(sh|console)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL):
        if language == "sh":
            for line in text.splitlines():
                yield language, re.sub(r"\s+# .*", "", line), ""
        else:
            for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
                yield language, command, printed


def can_overlay():
    probe = "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/r && mount -t overlay overlay -olowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/r"
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "--propagation", "private", "bash", "-c", probe],
                                                capture_output=True).returncode == 0


def step_of(language, command, home, overlay):
    """The shell's text of a step: as who, and from where."""
    if language == "console":
        user = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups " if overlay else ""
        return f"cd {shlex.quote(str(home))} && {user}bash -c {shlex.quote(command)}"
    if command.startswith("apt install ") and not overlay:
        command = "".join(f"dpkg-deb -x {package} ~ && " for package in command.split()[2:]) + "true"
    return f"cd {shlex.quote(str(ROOT))} && {command}"


def environment_of(home, overlay):
    system = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    known = {"HOME": home, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none"}
    if overlay:
        return known | {"PATH": system}
    (folder,) = re.findall(r"lib/\S+", (BUILD / "CMakeCache.txt").read_text().split("CMAKE_INSTALL_LIBDIR:")[1])[:1]
    return known | {"PATH": f"{home}/usr/bin:{system}", "LD_LIBRARY_PATH": f"{home}/usr/{folder}",
                    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def run_steps(steps, home, overlay):
    """[(status, output)] of the steps, each in a shell of its own."""
    script = home / "steps.sh"
    script.write_text("".join(f"bash -c {shlex.quote(step)} >{home}/out{k} 2>&1 </dev/null; echo $? >{home}/status{k}\n" for k, step in enumerate(steps)))
    variables = [f"{name}={value}" for name, value in environment_of(home, overlay).items()]
    command = ["env", "-i", *variables, "bash", script]
    if overlay:
        mounted = " && ".join([
            "mount -t tmpfs tmpfs /mnt", "mkdir /mnt/u /mnt/w /mnt/r",
            "mount -t overlay overlay -olowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/r",
            *(f"mkdir -p /mnt/r{folder} && mount --rbind {folder} /mnt/r{folder}" for folder in ("/proc", "/sys", "/dev", ROOT, home)),
            f"chroot /mnt/r {shlex.join(str(word) for word in command)}"])
        command = ["unshare", "--mount", "--propagation", "private", "bash", "-c", mounted]
    subprocess.run([str(word) for word in command], check=True, timeout=3000)
    return [(int((home / f"status{k}").read_text()), (home / f"out{k}").read_text()) for k in range(len(steps))]


@pytest.fixture
def home(tmp_path_factory):
    """A home with the arrays that the README names, which its user may write into."""
    folder = tmp_path_factory.mktemp("home")
    np.save(folder / "x.npy", np.arange(4.0))
    np.save(folder / "y.npy", np.arange(3.0))
    np.save(folder / "a.npy", np.arange(1000.0))
    np.save(folder / "b.npy", np.ones(1000))
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        for path in folder.parents:  # pytest's folders are for their owner
            if path.stat().st_uid == 0 and path.name.startswith("pytest-"):
                path.chmod(0o755)
    return folder


def test_readme(home, packages):
    overlay = can_overlay()
    commands = [command for command in typed() if command[1] not in LEFT_OUT]
    first_package = next(k for k, (_, command, _) in enumerate(commands) if command.startswith("apt install"))
    (ranks,) = [command for _, command, _ in commands if command.startswith("mpirun ")]
    # Between the first package and the second: the error says what else to install.
    commands.insert(first_package + 1, ("console", ranks + " # too early", ""))
    assert {command.split()[0] for _, command, _ in commands} == {"./dev", "apt", "cmake", "fuseval", "mpirun", "printf"}

    results = run_steps([step_of(language, command, home, overlay) for language, command, _ in commands], home, overlay)
    for (_, command, printed), (status, said) in zip(commands, results):
        if command.endswith("# too early"):
            assert status != 0 and "MPI cannot be used" in said and "the package fuseval-mpi" in said, f"{command}:\n{said}"
        else:
            assert status == 0, f"{command}:\n{said}"
            assert not printed or said == printed, command
    assert dict(zip([command for _, command, _ in commands], results))[ranks] == (0, "332834.5\n")
    assert (home / "fuseval" / "bin" / "fuseval").exists() and (home / "z.npy").exists() and (home / "waves.png").exists()
