"""Services that AWS has switched off, by the prefix of their actions.

The service authorization reference drops a service when it goes, and keeps no history, so that it cannot tell what has
gone from what never was.  A service that has gone does not return: this table may lack one, and is never wrong later.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RETIRED: Mapping[str, str] = MappingProxyType({
    "a4b": "Alexa for Business",
    "application-cost-profiler": "AWS Application Cost Profiler",
    "codestar": "AWS CodeStar",
    "deepcomposer": "AWS DeepComposer",
    "deeplens": "AWS DeepLens",
    "deepracer": "AWS DeepRacer",
    "elastic-inference": "Amazon Elastic Inference",
    "evidently": "Amazon CloudWatch Evidently",
    "gamesparks": "Amazon GameSparks",
    "honeycode": "Amazon Honeycode",
    "iot1click": "AWS IoT 1-Click",
    "iotevents": "AWS IoT Events",
    "iotroborunner": "AWS IoT RoboRunner",
    "mobileanalytics": "Amazon Mobile Analytics",
    "mobilehub": "AWS Mobile Hub",
    "sagemaker-groundtruth-synthetic": "Amazon SageMaker Ground Truth Synthetic",
    "sumerian": "Amazon Sumerian",
    "worklink": "Amazon WorkLink",
    "zocalo": "Amazon Zocalo, now Amazon WorkDocs",
})  # fmt: skip
"""Name of each service by its prefix."""
