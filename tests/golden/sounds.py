"""Golden values of transforms of sound: spectra of PyTorch's stft and rfft, filters and whole chains of
librosa, cosine transforms of SciPy."""

import librosa
import numpy as np
import scipy
import torch
from scipy.signal import get_window

from common import differentiate, draw, plain, write

SOUNDS = draw(2, 150, low=-1, high=1)
SHORT = draw(1, 40, low=-1, high=1)


def window(name, length):
    return torch.tensor(get_window({"rectangular": "boxcar"}.get(name, name), length, fftbins=True))


def spectrogram(x, frameLength, hopLength=None, fftLength=None, window_=None, padding="valid", power=2):
    """[batch, frames, frequencies]; frames of the transform's own length go through torch.stft."""
    hop = hopLength or frameLength // 2
    weights = window(window_ or "hann", frameLength)
    if fftLength in (None, frameLength):
        spectrum = torch.stft(
            x,
            frameLength,
            hop,
            window=weights,
            center=padding != "valid",
            pad_mode={"zeros": "constant"}.get(padding, "reflect"),
            return_complex=True,
        ).transpose(1, 2)
    else:
        spectrum = torch.fft.rfft(x.unfold(1, frameLength, hop) * weights, fftLength)
    return spectrum.abs() ** power


def scaled(y, power=2, scale="linear", logOffset=1e-6, topDecibels=None):
    if scale == "linear":
        return y
    if scale == "log":
        return torch.log(y + logOffset)
    decibels = 10 * torch.log10(torch.clamp(y ** (2 / power), min=1e-10))
    if topDecibels is None:
        return decibels
    return torch.maximum(decibels, decibels.amax(dim=(1, 2), keepdim=True) - topDecibels)


def split(options):
    names = ("scale", "logOffset", "topDecibels")
    scale = {k: v for k, v in options.items() if k in names}
    rest = {k: v for k, v in options.items() if k not in names}
    return rest, {**scale, "power": rest.get("power", 2)}


def mel(x, mels, sampleRate, lowestFrequency=0, highestFrequency=None, melScale="htk", normalization="none", **frames):
    filters = librosa.filters.mel(
        sr=sampleRate,
        n_fft=frames.get("fftLength") or frames["frameLength"],
        n_mels=mels,
        fmin=lowestFrequency,
        fmax=highestFrequency,
        htk=melScale == "htk",
        norm="slaney" if normalization == "area" else None,
        dtype=np.float64,
    )
    return spectrogram(x, **frames) @ torch.tensor(filters).T


def renamed(options):
    return {{"window": "window_"}.get(k, k): v for k, v in options.items()}


def of_spectrogram(x, options):
    rest, scale = split(renamed(options))
    return scaled(spectrogram(x, **rest), **scale)


def of_mel(x, mels, options):
    rest, scale = split(renamed(options))
    return scaled(mel(x, mels, **rest), **scale)


def of_mfcc(x, coefficients, options):
    rest, scale = split(renamed(options))
    pitches = scaled(mel(x, **rest), **{"scale": "decibel", **scale})
    matrix = scipy.fft.dct(np.eye(rest["mels"]), type=2, norm="ortho", axis=1)
    return pitches @ torch.tensor(matrix)[:, :coefficients]


def case(name, stage, function, arguments, x=SOUNDS):
    output, cotangent, (gradient,) = differentiate(lambda x: function(x, *arguments), [x])
    return {
        "name": name,
        "stage": stage,
        "arguments": arguments,
        "x": plain(x),
        "output": plain(output),
        "cotangent": plain(cotangent),
        "gradient": plain(gradient),
    }


def by_librosa(name, stage, arguments, output, x=SOUNDS):
    """A whole chain of librosa's own; sounds one by one, frames first."""
    outputs = np.stack([output(sound) for sound in x.numpy()])
    return {
        "name": name,
        "stage": stage,
        "arguments": arguments,
        "x": plain(x),
        "output": plain(torch.tensor(outputs).transpose(1, 2)),
    }


FRAMES = {"frameLength": 32, "hopLength": 12}
MELS = {"sampleRate": 8000, "frameLength": 64, "hopLength": 40}
LIBROSA = {"melScale": "slaney", "normalization": "area", "padding": "zeros"}
THEIRS = {"sr": 8000, "n_fft": 64, "hop_length": 40}

write(
    [
        case("of power", "spectrogram", of_spectrogram, [FRAMES]),
        case("half a frame on", "spectrogram", of_spectrogram, [{"frameLength": 24}], SHORT),
        case("of magnitudes", "spectrogram", of_spectrogram, [{**FRAMES, "power": 1}]),
        case("hamming", "spectrogram", of_spectrogram, [{**FRAMES, "window": "hamming"}], SHORT),
        case("rectangular", "spectrogram", of_spectrogram, [{**FRAMES, "window": "rectangular"}], SHORT),
        case("of an odd length", "spectrogram", of_spectrogram, [{"frameLength": 25, "hopLength": 7}], SHORT),
        case("among zeros", "spectrogram", of_spectrogram, [{**FRAMES, "padding": "zeros"}], SHORT),
        case("mirrored", "spectrogram", of_spectrogram, [{**FRAMES, "padding": "reflect"}], SHORT),
        case(
            "of an odd length, mirrored",
            "spectrogram",
            of_spectrogram,
            [{"frameLength": 33, "hopLength": 9, "padding": "reflect"}],
            SHORT,
        ),
        case("filled up", "spectrogram", of_spectrogram, [{**FRAMES, "fftLength": 64}], SHORT),
        case(
            "filled up to an odd length",
            "spectrogram",
            of_spectrogram,
            [{"frameLength": 20, "hopLength": 50, "fftLength": 27}],
        ),
        case("as logarithms", "spectrogram", of_spectrogram, [{**FRAMES, "scale": "log", "logOffset": 0.01}], SHORT),
        case("in decibels", "spectrogram", of_spectrogram, [{**FRAMES, "scale": "decibel"}], SHORT),
        case(
            "magnitudes in decibels",
            "spectrogram",
            of_spectrogram,
            [{**FRAMES, "power": 1, "scale": "decibel", "topDecibels": 20}],
        ),
        case("by HTK", "melSpectrogram", of_mel, [8, MELS]),
        case("by Slaney", "melSpectrogram", of_mel, [8, {**MELS, "melScale": "slaney"}]),
        case("of one area", "melSpectrogram", of_mel, [6, {**MELS, "normalization": "area", "power": 1}]),
        case(
            "between frequencies",
            "melSpectrogram",
            of_mel,
            [5, {**MELS, "lowestFrequency": 700, "highestFrequency": 2900, "fftLength": 128, "scale": "log"}],
        ),
        case("in decibels", "melSpectrogram", of_mel, [8, {**MELS, "scale": "decibel", "topDecibels": 12}]),
        by_librosa(
            "as librosa",
            "melSpectrogram",
            [7, {**MELS, **LIBROSA}],
            lambda y: librosa.feature.melspectrogram(y=y, **THEIRS, n_mels=7),
        ),
        case("in decibels", "mfcc", of_mfcc, [5, {**MELS, "mels": 8}]),
        case("of logarithms", "mfcc", of_mfcc, [8, {**MELS, "mels": 8, "scale": "log"}]),
        by_librosa(
            "as librosa",
            "mfcc",
            [6, {**MELS, **LIBROSA, "mels": 7, "topDecibels": 80}],
            lambda y: librosa.feature.mfcc(y=y, **THEIRS, n_mfcc=6, n_mels=7),
        ),
    ],
    librosa=librosa.__version__,
    scipy=scipy.__version__,
)
