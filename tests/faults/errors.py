"""Which faults a call of the OS may have, and which of them nobody may notice."""

FILE = ["EIO", "EMFILE", "EINTR"]
ROOM = ["ENOSPC", "EIO", "EINTR"]
NAME = ["ENOSPC", "EIO"]
DESCRIPTOR = ["EMFILE"]
STATUS = ["EIO"]

OF_CALL = {
    "read": ["EIO", "EINTR", "short"], "pread": ["EIO", "EINTR", "short"],
    "write": ["EIO", "ENOSPC", "EINTR", "short"], "pwrite": ["ENOSPC", "EIO", "EINTR", "short"],
    "writev": ["EIO"], "send": ["EPIPE", "EINTR", "short"], "recv": ["ECONNRESET", "EINTR", "short"],
    "sendmsg": ["ENOBUFS", "EINTR"], "recvmsg": ["ENOMEM", "EINTR"], "getrandom": ["EINTR"],
    "open": FILE + ["ENOSPC"], "openat": FILE, "fopen64": FILE, "mkostemp": FILE, "mkostemps": FILE, "mkdtemp": NAME,
    "memfd_create": DESCRIPTOR + ["ENOMEM"], "eventfd": DESCRIPTOR, "signalfd": DESCRIPTOR, "socket": DESCRIPTOR,
    "socketpair": DESCRIPTOR, "fcntl": DESCRIPTOR, "fdopendir": ["ENOMEM"], "opendir": DESCRIPTOR, "readdir": STATUS,
    "ftruncate": ROOM, "fallocate": ROOM + ["EOPNOTSUPP"], "fsync": ["EIO", "EINVAL", "EINTR"], "fdatasync": ["EIO", "EINTR"],
    "flock": ["ENOLCK", "EINTR"], "fstat": STATUS, "lstat": STATUS, "stat": STATUS, "statvfs": STATUS, "access": ["EACCES"],
    "mkdir": NAME, "rename": NAME, "renameat2": NAME + ["EINVAL"], "link": NAME, "linkat": NAME, "unlink": STATUS, "unlinkat": STATUS,
    "remove": STATUS, "bind": ["EACCES"], "listen": ["EMFILE"], "connect": ["EACCES", "EINTR"],
    "accept4": ["EMFILE", "EINTR"], "ppoll": ["EINTR", "ENOMEM"], "fork": ["EAGAIN"], "waitpid": ["EINTR"],
    "madvise": ["EINVAL"], "mmap": ["ENOMEM"], "pthread_create": ["EAGAIN"],
}

# As with none at all.
UNSEEN = {"EINTR", "short"}


def is_unseen(call, fault):
    return (fault in UNSEEN or (call, fault) in {("fallocate", "EOPNOTSUPP"), ("fsync", "EINVAL"), ("madvise", "EINVAL"),
                                                 ("renameat2", "EINVAL"), ("ppoll", "ENOMEM")})


def may_last(call, fault):
    """A disk that stays full or broken, descriptors and memory that stay used up."""
    between_processes = {"send", "recv", "sendmsg", "recvmsg", "ppoll", "waitpid", "read"}
    return not is_unseen(call, fault) and call not in between_processes
