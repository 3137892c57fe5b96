"""Links files of people with Splink and compares with the labels: python link.py LAYOUT FILE... prints one line of JSON.

Layouts: `febrl` (two files, linked with one another) and `bluebonnet` (one file, as `bluebonnet match generate` writes it). Blocking,
comparisons and training follow Splink's own examples; the threshold is the best one on the same labels, which favors Splink.
"""

import json
import sys
import time

import pandas
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

STEPS = [step / 2 for step in range(-20, 60)]


def read(layout, files):
    frames = [pandas.read_csv(file, dtype=str, skipinitialspace=True).fillna("") for file in files]
    if layout == "febrl":
        for frame in frames:
            frame.rename(columns={"rec_id": "unique_id", "given_name": "given", "surname": "family"}, inplace=True)
            frame["person"] = frame["unique_id"].str.split("-").str[1]
            frame["number"] = frame["soc_sec_id"]
            frame["birth_date"] = frame["date_of_birth"]
            frame["street"] = frame["street_number"] + " " + frame["address_1"]
            frame["zip"] = frame["postcode"]
    else:
        for frame in frames:
            frame.rename(columns={"record": "unique_id"}, inplace=True)
            frame["number"] = frame["medicaid"]
    columns = ["unique_id", "person", "given", "family", "birth_date", "street", "zip", "number"]
    if layout != "febrl":
        columns += ["phone", "middle"]
    return [frame[columns].replace("", None) for frame in frames]


def settings(layout, link_type):
    comparisons = [
        cl.JaroWinklerAtThresholds("given", [0.9, 0.7]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("family", [0.9, 0.7]).configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
        cl.DamerauLevenshteinAtThresholds("street", [1, 3]),
        cl.ExactMatch("zip"),
        cl.DamerauLevenshteinAtThresholds("number", [1]),
    ]
    rules = [
        block_on("given", "family"),
        block_on("birth_date"),
        block_on("number"),
        block_on("family", "zip"),
        block_on("given", "zip"),
        block_on("street", "zip"),
    ]
    if layout != "febrl":
        comparisons += [cl.ExactMatch("phone"), cl.ExactMatch("middle")]
        rules += [block_on("phone", "given")]
        rules[1] = block_on("birth_date", "family")
        rules += [block_on("birth_date", "given")]
    return SettingsCreator(
        link_type=link_type,
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
        retain_intermediate_calculation_columns=False,
        additional_columns_to_retain=["person"],
    )


def main():
    layout, files = sys.argv[1], sys.argv[2:]
    frames = read(layout, files)
    link_type = "link_only" if len(frames) > 1 else "dedupe_only"
    begin = time.monotonic()
    database = DuckDBAPI()
    tables = [database.register(frame) for frame in frames]
    linker = Linker(tables if len(tables) > 1 else tables[0], settings(layout, link_type), log_level=None)
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("given", "family", "birth_date")], recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=1e6)
    training.estimate_parameters_using_expectation_maximisation(block_on("birth_date"))
    training.estimate_parameters_using_expectation_maximisation(block_on("given", "family"))
    trained = time.monotonic() - begin
    found = linker.inference.predict(threshold_match_weight=STEPS[0]).as_pandas_dataframe()
    linked = time.monotonic() - begin
    labels = pandas.concat(frames)["person"].value_counts()
    total = int((labels * (labels - 1) // 2).sum())
    is_right = found["person_l"] == found["person_r"]
    best = {"f1": 0.0}
    for step in STEPS:
        chosen = found["match_weight"] >= step
        right, count = int((chosen & is_right).sum()), int(chosen.sum())
        if right == 0:
            continue
        precision, recall = right / count, right / total
        f1 = 2 * precision * recall / (precision + recall)
        if f1 > best["f1"]:
            best = {"f1": f1, "precision": precision, "recall": recall, "threshold": step}
    print(json.dumps({**best, "train_seconds": trained, "seconds": linked, "pairs": total}))


if __name__ == "__main__":
    main()
