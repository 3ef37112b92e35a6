using SimulationManager.Generation;

namespace SimulationManager.Tests.Generation;

public class AngleTests
{
    [Fact]
    public void Sine_and_cosine_agree_with_the_runtime()
    {
        for (var i = -1000; i < 1000; i++)
        {
            var angle = i * Math.PI / 1000;
            var (sin, cos) = Angle.SinCos(angle);
            Assert.Equal(Math.Sin(angle), sin, 1e-14);
            Assert.Equal(Math.Cos(angle), cos, 1e-14);
        }
    }
}
