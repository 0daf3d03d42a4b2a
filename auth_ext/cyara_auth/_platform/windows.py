"""Windows: the same answers from kernel32, ntdll and the registry through ctypes, without further packages."""

import ctypes
import hashlib
import struct
import sys
import time
import winreg
from ctypes import wintypes
from pathlib import Path
from typing import Final

from cyara_auth._platform.questions import System
from cyara_auth.machine import Disk, FileSystem

# Tells type checkers, and a wrong import, that the rest is for Windows.
assert sys.platform == "win32"  # noqa: S101  # what type checkers read

_QUERY_LIMITED: Final = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
_NO_SUCH_PROCESS: Final = 87  # ERROR_INVALID_PARAMETER, which OpenProcess gives for an id that nobody has
_STILL_ACTIVE: Final = 259
_TIME_OF_DAY: Final = 3  # SystemTimeOfDayInformation
_TIME_OF_DAY_LAYOUT: Final = struct.Struct("=q 24x Q 8x")
"""Of SYSTEM_TIMEOFDAY_INFORMATION, BootTime and BootTimeBias; the kernel moves both when somebody sets the clock."""
_DRIVES: Final = {  # answers of GetDriveTypeW: DRIVE_REMOVABLE, DRIVE_FIXED, DRIVE_REMOTE, DRIVE_RAMDISK
    2: FileSystem("removable drive", Disk.LOCAL),
    3: FileSystem("fixed drive", Disk.LOCAL),
    4: FileSystem("network drive", Disk.NETWORK),
    6: FileSystem("memory drive", Disk.LOCAL),
}

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_ntdll = ctypes.WinDLL("ntdll")
_kernel32.OpenProcess.restype = wintypes.HANDLE
_kernel32.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
_kernel32.GetExitCodeProcess.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
_kernel32.GetProcessTimes.argtypes = (wintypes.HANDLE, *[ctypes.POINTER(wintypes.FILETIME)] * 4)
_kernel32.GetDriveTypeW.argtypes = (wintypes.LPCWSTR,)


class WindowsSystem(System):
    """Answers from the running kernel."""

    def pid_namespace(self) -> str:
        """Hash the GUID that setup gave to this installation; Windows has no pid namespaces."""
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
                guid = str(winreg.QueryValueEx(key, "MachineGuid")[0])
        except OSError:
            return ""
        return hashlib.blake2b(guid.encode(), digest_size=8).hexdigest()

    def boot(self) -> str:
        """Return the moment of the boot in 100 ns units since 1601."""
        facts = ctypes.create_string_buffer(_TIME_OF_DAY_LAYOUT.size)
        if _ntdll.NtQuerySystemInformation(_TIME_OF_DAY, facts, _TIME_OF_DAY_LAYOUT.size, None) != 0:
            return ""
        boot_time, bias = _TIME_OF_DAY_LAYOUT.unpack(facts)
        # Without what the clock was set by since then, or each setting would look like a new boot.
        return str(boot_time - bias)

    def clock_domain(self) -> str:
        """One time line per boot."""
        return self.boot()

    def uptime(self) -> float:
        """Return the monotonic clock, which on Windows goes on during sleep."""
        return time.monotonic()

    def started(self, pid: int) -> str:
        """Return the creation time in 100 ns units since 1601.

        Raises:
            ProcessLookupError: no such process, or one that has ended and is only kept open by a handle.
        """
        handle = _kernel32.OpenProcess(_QUERY_LIMITED, False, pid)  # noqa: FBT003 - a C function's positional flag
        if not handle:
            if ctypes.get_last_error() == _NO_SUCH_PROCESS:
                raise ProcessLookupError(pid)
            return ""  # another user's process: it exists
        try:
            code = wintypes.DWORD()
            # A process that has ended keeps its id for as long as somebody holds a handle of it.
            if _kernel32.GetExitCodeProcess(handle, ctypes.byref(code)) and code.value != _STILL_ACTIVE:
                raise ProcessLookupError(pid)
            created, ended, kernel, user = (wintypes.FILETIME() for _ in range(4))
            pointers = (ctypes.byref(moment) for moment in (created, ended, kernel, user))
            if not _kernel32.GetProcessTimes(handle, *pointers):
                return ""
            return str(created.dwHighDateTime << 32 | created.dwLowDateTime)
        finally:
            _kernel32.CloseHandle(handle)

    def file_system(self, folder: Path) -> FileSystem:
        """Ask for the type of the drive or share at the path's root."""
        return _DRIVES.get(_kernel32.GetDriveTypeW(folder.resolve().anchor), FileSystem("", Disk.UNKNOWN))
