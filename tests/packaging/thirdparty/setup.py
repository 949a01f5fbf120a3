"""An extension of somebody else, built against an installed gatewright."""

from __future__ import annotations

from Cython.Build import cythonize
from setuptools import Extension, setup

import gatewright

setup(
    name="thirdparty",
    ext_modules=cythonize([Extension("thirdparty", ["thirdparty.pyx"], include_dirs=[gatewright.get_include()])]),
)
