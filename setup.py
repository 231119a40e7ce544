"""Builds the compiled kernels where there is a compiler; sgnn works without them, more slowly."""

import os
import platform

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

NAMES = ["_network", "_groups", "_predict"]
ON_X86 = platform.machine() in ("x86_64", "AMD64")
# Sums may be taken in any order, so that they are vectorised; NaN and infinity stay what they are.
FLAGS = [
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-signed-zeros",
    "-fassociative-math",
]


class BuildKernels(build_ext):
    """Compiles side by side, and passes flags to the compilers that know them."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = os.cpu_count()

    def build_extension(self, ext):
        if self.compiler.compiler_type == "unix":
            ext.extra_compile_args = FLAGS + ["-mavx2", "-mfma"] * ext.name.endswith("_avx2")
        super().build_extension(ext)


names = ["_cpu", *NAMES, *(f"{name}_avx2" for name in NAMES if ON_X86)]
extensions = cythonize(
    [Extension(f"sgnn.kernels.{name}", [f"sgnn/kernels/{name}.pyx"]) for name in names],
    build_dir="build",
    include_path=["sgnn/kernels"],
)
for extension in extensions:
    extension.optional = True
    extension.include_dirs.append("sgnn/kernels")

setup(ext_modules=extensions, cmdclass={"build_ext": BuildKernels})
