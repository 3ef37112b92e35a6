namespace SimulationManager.Generation;

/// <summary>
/// Sine and cosine with the same bits on every machine: only additions and multiplications, which IEEE 754 fixes, where
/// <see cref="Math.Sin"/> leaves the last bit to the C library.
/// </summary>
internal static class Angle
{
    private const double HalfPi = Math.PI / 2;

    /// <summary>An angle, radians, moved into [-π, π).</summary>
    public static double Wrap(double radians) => radians - (2 * Math.PI * Math.Floor((radians + Math.PI) / (2 * Math.PI)));

    /// <summary>Sine and cosine of a wrapped angle; error below 1e-14.</summary>
    public static (double Sin, double Cos) SinCos(double radians)
    {
        var quarter = Math.Round(radians / HalfPi);
        var x = radians - (quarter * HalfPi);
        var (sin, cos) = (SinOfEighth(x), CosOfEighth(x));
        return ((int)quarter & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    // Taylor series on [-π/4, π/4]; the first term left out is below 1e-16.
    private static double SinOfEighth(double x)
    {
        var y = x * x;
        return x * (1 - (y / 6 * (1 - (y / 20 * (1 - (y / 42 * (1 - (y / 72 * (1 - (y / 110 * (1 - (y / 156 * (1 - (y / 210))))))))))))));
    }

    private static double CosOfEighth(double x)
    {
        var y = x * x;
        return 1 - (y / 2 * (1 - (y / 12 * (1 - (y / 30 * (1 - (y / 56 * (1 - (y / 90 * (1 - (y / 132 * (1 - (y / 182 * (1 - (y / 240)))))))))))))));
    }
}
