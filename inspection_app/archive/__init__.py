"""The office's archive: many sealed visits as one columnar dataset, and the questions that are asked of it.

    tables     which tables the dataset has          sources    where visit files lie, and what each turns out to be
    reading    one visit file → rows                 dataset    Parquet by rubric and year, with its manifest
    index      a folder of visits → the dataset      questions  written once, asked of any engine
    engines    DuckDB, Spark or another, by address  samples    plausible sealed visits by the hundred
    exports    an answer as JSON, CSV, XLSX, Parquet yearly     a year's report as plain structure

A visit never needs it, and nothing of a visit imports it: Arrow, Ibis and the engines are loaded when the archive is.
"""
