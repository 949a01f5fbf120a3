"""An extension of somebody else, built against an installed gatewright."""

from __future__ import annotations

import gatewright
from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    name="thirdparty",
    ext_modules=cythonize([Extension("thirdparty", ["thirdparty.pyx"], include_dirs=[gatewright.get_include()])]),
)
