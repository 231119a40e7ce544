"""Builds the compiled kernels where there is a compiler; sgnn works without them, more slowly."""

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

NAMES = ["_network", "_groups", "_predict"]
# Sums may be taken in any order, so that they are vectorised; NaN and infinity stay what they are.
FLAGS = [
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-signed-zeros",
    "-fassociative-math",
]


class BuildKernels(build_ext):
    """Passes flags to the compilers that know them."""

    def build_extension(self, ext):
        if self.compiler.compiler_type == "unix":
            ext.extra_compile_args = FLAGS
        super().build_extension(ext)


extensions = cythonize(
    [Extension(f"sgnn.kernels.{name}", [f"sgnn/kernels/{name}.pyx"]) for name in NAMES],
    build_dir="build",
    include_path=["sgnn/kernels"],
)
for extension in extensions:
    extension.optional = True
    extension.include_dirs.append("sgnn/kernels")

setup(ext_modules=extensions, cmdclass={"build_ext": BuildKernels})
