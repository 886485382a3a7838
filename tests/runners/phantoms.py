"""Small made-up images whose truth is known: edges that ring, and tissue under a bias field."""

import subprocess

import nibabel as nib
import numpy as np

SIZE, FINE, HEIGHT = 32, 256, 100.0


def disc():
    """Make a disc in three slices as a scanner would: from the middle of its k-space, so that its edges ring."""
    at = (np.arange(FINE) + 0.5) / FINE - 0.5
    whole = (at[:, None] ** 2 + at[None, :] ** 2 < 0.33**2) * HEIGHT
    first = (FINE - SIZE) // 2
    middle = np.fft.fftshift(np.fft.fft2(whole))[first : first + SIZE, first : first + SIZE]
    slice_ = np.fft.ifft2(np.fft.ifftshift(middle)).real * (SIZE / FINE) ** 2
    return np.repeat(slice_[:, :, None], 3, axis=2)


def ringing(image):
    """Measure how much a line through a disc goes up and down beyond its two edges, in units of its height."""
    line = image[SIZE // 2, 4:-4, 1]
    return np.abs(np.diff(line)).sum() / HEIGHT - 2


def biased():
    """Make two tissues in a ball of 32³ voxels: the image, the bias field, and where each tissue is."""
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, 32)] * 3, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    inner, outer = radius < 0.45, (radius > 0.5) & (radius < 0.85)
    field = np.exp(0.35 * x - 0.25 * y * z + 0.2 * z)
    noise = 1 + 0.01 * np.random.default_rng(0).standard_normal(radius.shape)
    return np.where(inner, 160, np.where(outer, 100, 0)) * field * noise, field, (inner, outer)


def variation(values):
    """Give the coefficient of variation."""
    return values.std() / values.mean()


def save(folder, name, values, dtype=np.float32):
    """Write an image with voxels of 2 mm, not at the origin; give its path."""
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -30
    nib.save(nib.Nifti1Image(values.astype(dtype), affine), folder / name)
    return folder / name


def run(command):
    """Run a command, which must go well; give its outputs."""
    done = subprocess.run(command.argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return [nib.load(path) for path in command.outputs]


def failure(command):
    """Run a command that must fail; give what it says."""
    done = subprocess.run(command.argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    return done.stderr
