"""The command lines of FSL's and MRtrix3's tools in the seed document, and the calls that make them.

Each case: the number of the line in the document, the text as it stands there (without what is no part of the
command), the call.
"""

from fsstats.runners.programs.arithmetic import fslmaths
from fsstats.runners.programs.first import first_roi_slicesdir, run_first_all
from fsstats.runners.programs.fsl import bet, fast
from fsstats.runners.programs.mrtrix import mrdegibbs
from fsstats.runners.programs.registration import flirt, fnirt
from fsstats.runners.programs.warps import applywarp, invwarp

MOVED, TARGET = "<位置合わせしたい画像>", "<位置合わせ先の画像>"
T1_BRAIN, STANDARD = "T1_skull_stripped.nii.gz", "MNI152_T1_1mm_brain.nii.gz"
ATLAS = "JHU-ICBM-labels-1mm"

LINES = [
    (1942, "mrdegibbs [ options ] in out", lambda: mrdegibbs("in", "out")),
    *(
        (
            number,
            f"mrdegibbs <入力画像> <出力画像> -axes {axes[0]},{axes[1]}",
            lambda axes=axes: mrdegibbs("<入力画像>", "<出力画像>", axes=axes),
        )
        for number, axes in ((2025, (0, 1)), (2026, (0, 2)), (2027, (1, 2)))
    ),
    (
        2035,
        "mrdegibbs T1w.nii.gz T1w_unringed.nii.gz -axes 0,1",
        lambda: mrdegibbs("T1w.nii.gz", "T1w_unringed.nii.gz", axes=(0, 1)),
    ),
    (
        2048,
        "mrdegibbs DWI_denoised.nii.gz DWI_denoised_unringed.nii.gz -axes 0,1",
        lambda: mrdegibbs("DWI_denoised.nii.gz", "DWI_denoised_unringed.nii.gz", axes=(0, 1)),
    ),
    (
        2076,
        "run_first_all [options] -i <input_image> -o <output_image>",
        lambda: run_first_all(i="<input_image>", o="<output_image>"),
    ),
    (2088, "run_first_all -i im1 -o output_name", lambda: run_first_all(i="im1", o="output_name")),
    (
        2094,
        "run_first_all -i <入力画像(3D-T1WI)> -o <出力画像(の接頭辞)>",
        lambda: run_first_all(i="<入力画像(3D-T1WI)>", o="<出力画像(の接頭辞)>"),
    ),
    (
        2098,
        "run_first_all -i <入力画像(3D-T1WI)> -o <出力画像(の接頭辞)> -b",
        lambda: run_first_all(i="<入力画像(3D-T1WI)>", o="<出力画像(の接頭辞)>", b=True),
    ),
    (2108, "run_first_all -i T1w.nii.gz -o output", lambda: run_first_all(i="T1w.nii.gz", o="output")),
    (
        2120,
        "run_first_all -i T1_skull_stripped.nii.gz -o output -b",
        lambda: run_first_all(i=T1_BRAIN, o="output", b=True),
    ),
    (
        2160,
        "first_roi_slicesdir <入力画像(3D-T1WI)のリスト> <セグメンテーション画像のリスト>",
        lambda: first_roi_slicesdir(["<入力画像(3D-T1WI)のリスト>"], ["<セグメンテーション画像のリスト>"]),
    ),
    (
        2174,
        "first_roi_slicesdir *_t1.nii.gz *_all_fast_firstseg.nii.gz",
        lambda: first_roi_slicesdir(["*_t1.nii.gz"], ["*_all_fast_firstseg.nii.gz"]),
    ),
    (
        2249,
        "fslmaths T1w.nii.gz -mas brainmask.nii.gz T1_skull_stripped.nii.gz",
        lambda: fslmaths("T1w.nii.gz", T1_BRAIN, mas="brainmask.nii.gz"),
    ),
    (2334, "bet <input> <output> [options]", lambda: bet("<input>", "<output>")),
    (2380, "bet <入力画像> <出力画像> [オプション]", lambda: bet("<入力画像>", "<出力画像>")),
    (
        2388,
        "bet T1w.nii.gz T1_skull_stripped.nii.gz -f 0.3 -R -S -B",
        lambda: bet("T1w.nii.gz", T1_BRAIN, f=0.3, R=True, S=True, B=True),
    ),
    (2498, "fast [options] file(s)", lambda: fast("file(s)")),
    (2529, "fast <入力画像> T1w.nii.gz", lambda: fast("<入力画像>", "T1w.nii.gz")),
    (
        2539,
        "fast -t 1 -g -B -b -p -o output T1_skull_stripped.nii.gz",
        lambda: fast(T1_BRAIN, t=1, g=True, B=True, b=True, p=True, o="output"),
    ),
    (
        2627,
        "flirt [options] -in <inputvol> -ref <refvol> -out <outputvol>",
        lambda: flirt(in_="<inputvol>", ref="<refvol>", out="<outputvol>"),
    ),
    (
        2628,
        "flirt [options] -in <inputvol> -ref <refvol> -omat <outputmatrix>",
        lambda: flirt(in_="<inputvol>", ref="<refvol>", omat="<outputmatrix>"),
    ),
    (
        2629,
        "flirt [options] -in <inputvol> -ref <refvol> -applyxfm -init <matrix> -out <outputvol>",
        lambda: flirt(in_="<inputvol>", ref="<refvol>", applyxfm=True, init="<matrix>", out="<outputvol>"),
    ),
    *(
        (
            number,
            f"flirt{options} -in {MOVED} -ref {TARGET} -dof <自由度> -{name} {path}",
            lambda out={name: path}: flirt(in_=MOVED, ref=TARGET, dof=6, **out),
        )
        for number, options, name, path in (
            (2686, "", "out", "<出力画像>"),
            (2691, " [options]", "omat", "<変換行列の出力ファイル>"),
            (2758, " [options]", "omat", "<flirt変換行列の出力ファイル>"),
        )
    ),
    (
        2694,
        f"flirt [options] -in {MOVED} -ref {TARGET} -applyxfm -init <適用したい変換行列> -out <出力画像>",
        lambda: flirt(in_=MOVED, ref=TARGET, applyxfm=True, init="<適用したい変換行列>", out="<出力画像>"),
    ),
    (
        2701,
        "fnirt --ref=<some template> --in=<some image>",
        lambda: fnirt(ref="<some template>", in_="<some image>"),
    ),
    (
        2702,
        "fnirt --ref=<some template> --in=<some image> --infwhm=8,4,2 --subsamp=4,2,1 --warpres=8,8,8",
        lambda: fnirt(
            ref="<some template>", in_="<some image>", infwhm=[8, 4, 2], subsamp=[4, 2, 1], warpres=[8, 8, 8]
        ),
    ),
    (
        2754,
        f"fnirt --ref={TARGET} --in={MOVED} --iout=<出力画像>",
        lambda: fnirt(ref=TARGET, in_=MOVED, iout="<出力画像>"),
    ),
    (
        2759,
        f"fnirt --in={MOVED} --aff=<適用したいflirt変換行列>  --cout=<fnirt変換行列の出力ファイル>",
        lambda: fnirt(in_=MOVED, aff="<適用したいflirt変換行列>", cout="<fnirt変換行列の出力ファイル>"),
    ),
    (
        2761,
        f"applywarp --in={MOVED} --ref={TARGET} --warp=<fnirt変換行列の出力ファイル> --out=<flirt/fnirt後の出力画像>",
        lambda: applywarp(in_=MOVED, ref=TARGET, warp="<fnirt変換行列の出力ファイル>", out="<flirt/fnirt後の出力画像>"),
    ),
    (
        2790,
        (
            "flirt -in T1_skull_stripped_inMNI.nii.gz -ref T1_skull_stripped.nii.gz -dof 6 "
            "-out T1_skull_stripped_MNI2individual.nii.gz"
        ),
        lambda: flirt(
            in_="T1_skull_stripped_inMNI.nii.gz", ref=T1_BRAIN, dof=6, out="T1_skull_stripped_MNI2individual.nii.gz"
        ),
    ),
    (
        2802,
        (
            "flirt -in T1_skull_stripped.nii.gz -ref MNI152_T1_1mm_brain.nii.gz -dof 12 "
            "-out T1_skull_stripped_inMNI.nii.gz"
        ),
        lambda: flirt(in_=T1_BRAIN, ref=STANDARD, dof=12, out="T1_skull_stripped_inMNI.nii.gz"),
    ),
    (
        2814,
        "flirt -in T1_skull_stripped.nii.gz -ref MNI152_T1_1mm_brain.nii.gz -omat indiv2std.mat",
        lambda: flirt(in_=T1_BRAIN, ref=STANDARD, omat="indiv2std.mat"),
    ),
    (
        2815,
        (
            "fnirt --ref=MNI152_T1_1mm_brain.nii.gz --in=T1_skull_stripped.nii.gz --aff=indiv2std.mat "
            "--iout=T1_skull_stripped_inMNI.nii.gz"
        ),
        lambda: fnirt(ref=STANDARD, in_=T1_BRAIN, aff="indiv2std.mat", iout="T1_skull_stripped_inMNI.nii.gz"),
    ),
    (
        2832,
        "flirt -in FA.nii.gz -ref FMRIB58_FA_1mm.nii.gz -dof 12 -omat indiv2std.mat",
        lambda: flirt(in_="FA.nii.gz", ref="FMRIB58_FA_1mm.nii.gz", dof=12, omat="indiv2std.mat"),
    ),
    (
        2833,
        "fnirt --in=FA.nii.gz --aff=indiv2std.mat --config=FA_2_FMRIB58_1mm.cnf --cout=warp_indiv2std.nii.gz",
        lambda: fnirt(
            in_="FA.nii.gz", aff="indiv2std.mat", config="FA_2_FMRIB58_1mm.cnf", cout="warp_indiv2std.nii.gz"
        ),
    ),
    (
        2836,
        "invwarp -w warp_indiv2std.nii.gz -o warp_std2indiv.nii.gz -r FA.nii.gz",
        lambda: invwarp(w="warp_indiv2std.nii.gz", o="warp_std2indiv.nii.gz", r="FA.nii.gz"),
    ),
    (
        2839,
        (
            f"applywarp --in={ATLAS}.nii.gz --ref=FA.nii.gz --warp=warp_std2indiv.nii.gz --interp=nn "
            f"--out={ATLAS}_indiv.nii.gz"
        ),
        lambda: applywarp(
            in_=f"{ATLAS}.nii.gz",
            ref="FA.nii.gz",
            warp="warp_std2indiv.nii.gz",
            interp="nn",
            out=f"{ATLAS}_indiv.nii.gz",
        ),
    ),
]
