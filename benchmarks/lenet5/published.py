"""What others printed for LeNet-5 (20-50-500-10, 430,500 weights) on MNIST.

"Independent rerun" is the COMP6248 reproducibility challenge on DeepHoyer, best epochs. Figures
that are "reported" or "quoted" are from secondary sources.
"""

#: method, weights that are not zero, test accuracy in per cent, source
UNSTRUCTURED = [
    ("DNS, Guo et al. 2016", 4_000, 99.09, "quoted in the GSM poster"),
    ("ADMM, Zhang et al. 2018", 6_050, 99.2, "quoted in the GSM poster"),
    ("SWS, Ullrich et al. 2017", 2_200, 99.03, "quoted"),
    ("GSM, Ding et al. 2019", 3_400, 99.22, "GSM poster"),
    ("GSM, Ding et al. 2019", 1_400, 99.06, "GSM poster"),
    ("Sparse VD, Molchanov et al. 2017", 1_540, 99.25, "quoted"),
    ("Sparse momentum", 2_200, 98.86, "its published results"),
    ("Sparse momentum", 4_300, 99.17, "its published results"),
    ("Hoyer-Square", 3_500, 99.2, "DeepHoyer, reported"),
    ("Hoyer", 4_000, 99.2, "DeepHoyer, reported"),
    ("transformed l1", 5_400, 99.2, "DeepHoyer, reported"),
    ("Hoyer-Square, rerun", 6_090, 99.17, "independent rerun"),
    ("transformed l1, rerun", 4_509, 99.16, "independent rerun"),
    ("Hoyer, rerun", 1_818, 97.32, "independent rerun"),
    ("l1, rerun", 2_018, 98.59, "independent rerun"),
]

#: method, multiply-adds, test accuracy in per cent, source
STRUCTURED = [
    ("BC-GHS, Louizos et al. 2017, 5-10-76-16", 158_000, 99.0, "quoted"),
    ("BC-GNJ, Louizos et al. 2017", 290_000, 99.0, "quoted"),
    ("SBP, Neklyudov et al. 2017", 217_000, 99.1, "quoted"),
    ("L0-sep, Louizos et al. 2018", 403_000, 99.0, "quoted"),
    ("L0, Louizos et al. 2018", 1_300_000, 99.1, "quoted"),
    ("Group-HS, 5-12-139-13", 169_900, 99.0, "DeepHoyer, reported"),
]
