"""How the injector comes into recount and all its processes."""
import os


def environment(injector, table, fault=""):
    """fault: as injector.cc says; none: calls are only counted."""
    return {"LD_PRELOAD": str(injector), "RECOUNT_FAULT_TABLE": str(table), "RECOUNT_FAULT": fault,
            # The sanitizer wants to be the first that is loaded.
            "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
