"""Run fhirdistill from a checkout: python cli.py translate "patients over 60 with diabetes"."""

from fhirdistill.cli import main

if __name__ == "__main__":
    main()
