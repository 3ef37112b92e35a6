using SimulationManager.Replay;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.Replay;

public class AgentLayoutTests
{
    [Fact]
    public void Grid_begins_where_the_recorded_robot_was()
    {
        var grid = new GridLayout(spacing: 2.5, columns: 3);

        Assert.Equal(
            [new(0, 0), new(2.5, 0), new(5, 0), new(0, 2.5), new(2.5, 2.5), new(5, 2.5), new PositionOffset(0, 5)],
            Enumerable.Range(1, 7).Select(agent => grid.OffsetOf(agent)));
    }

    [Fact]
    public void Random_places_fill_the_area_evenly_and_follow_the_seed()
    {
        var layout = new RandomLayout(10, 1, seed: 42);
        var places = Enumerable.Range(1, 10_000).Select(agent => layout.OffsetOf(agent)).ToArray();

        Assert.All(places, place => Assert.True(Math.Abs(place.X) <= 10 && Math.Abs(place.Y) <= 1 && place.Z == 0));
        foreach (var quarter in places.GroupBy(place => (place.X > 0, place.Y > 0))) Assert.InRange(quarter.Count(), 2_300, 2_700);
        Assert.InRange(places.Average(place => Math.Abs(place.X)), 4.8, 5.2);
        Assert.Equal(10_000, places.Distinct().Count());
        Assert.Equal(places, Enumerable.Range(1, 10_000).Select(agent => new RandomLayout(10, 1, seed: 42).OffsetOf(agent)));
        Assert.DoesNotContain(new RandomLayout(10, 1, seed: 43).OffsetOf(1), places);
    }

    [Fact]
    public void Random_places_are_the_same_on_every_machine()
    {
        var place = new RandomLayout(1, 1, seed: 7).OffsetOf(3);

        Assert.Equal((-0.158860158127, -0.747865390744), (Math.Round(place.X, 12), Math.Round(place.Y, 12)));
    }

    [Fact]
    public void What_is_no_layout_is_refused()
    {
        foreach (var width in new[] { -1, double.NaN, double.PositiveInfinity, 2e6 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new GridLayout(width, 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => new RandomLayout(1, width, 0));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => new GridLayout(1, 0));
    }
}
