"""Builds the compiled kernels where there is a compiler; sgnn works without them, more slowly."""

import os
import platform
import re
import tomllib
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDER = "sgnn/kernels"
ENDINGS = ".pyx", ".pxi", ".pxd", ".h"
ON_X86 = platform.machine() in ("x86_64", "AMD64")
# Sums may be taken in any order, so that they are vectorised; NaN and infinity stay what they are.
FLAGS = [
    "-O3",
    "-g0",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-signed-zeros",
    "-fassociative-math",
]


class BuildKernels(build_ext):
    """Compiles side by side, outside of the sources; flags go to compilers that know them."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = os.cpu_count()

    def build_extensions(self):
        from Cython.Build import cythonize  # not needed to make a release of the sources

        for ext in self.extensions:
            (translated,) = cythonize(ext, build_dir=self.build_temp, include_path=[FOLDER])
            ext.sources = translated.sources
        super().build_extensions()

    def build_extension(self, ext):
        if self.compiler.compiler_type == "unix":
            ext.extra_compile_args = FLAGS + ["-mavx2", "-mfma"] * ext.name.endswith("_avx2")
        super().build_extension(ext)


def sources(ending):
    """Return the files of the kernels that end so."""
    return sorted(path.as_posix() for path in Path(FOLDER).glob(f"*{ending}"))


def readme():
    """Return README.md with links and pictures that work on a package index."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    place = project["urls"]["Source"]
    text = Path("README.md").read_text(encoding="utf-8")
    text = re.sub(r"(!\[[^]]*\]\()(?=\w)(?!https?:)", rf"\g<1>{place}/raw/main/", text)
    return re.sub(r"(?<=\]\()(?=\w)(?!https?:)", f"{place}/blob/main/", text)


setup(
    long_description=readme(),
    long_description_content_type="text/markdown",
    ext_modules=[
        Extension(
            f"sgnn.kernels.{Path(source).stem}",
            [source],
            include_dirs=[FOLDER],
            depends=[file for ending in ENDINGS for file in sources(ending)],
            optional=True,
        )
        for source in sources(".pyx")
        if ON_X86 or not source.endswith("_avx2.pyx")
    ],
    cmdclass={"build_ext": BuildKernels},
)
