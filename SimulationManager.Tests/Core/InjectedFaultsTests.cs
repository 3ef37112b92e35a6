using SimulationManager.Core.Model;

namespace SimulationManager.Tests.Core;

/// <summary>Which injected faults go on, and which begin, when others are asked for.</summary>
public class InjectedFaultsTests
{
    private static readonly FaultOptions s_drop = new() { Kind = FaultKind.Drop, Rate = 1 };
    private static readonly FaultOptions s_scan = new() { Kind = FaultKind.Drop, Rate = 1, Topics = ["/scan"] };
    private static readonly FaultOptions s_freeze = new() { Kind = FaultKind.Freeze, For = 5 };

    [Fact]
    public void What_was_injected_before_goes_on_wherever_it_stands_in_the_list()
    {
        var first = InjectedFaults.Replace(null, [s_drop, s_scan, s_freeze], epoch: 3);

        var next = InjectedFaults.Replace(first, [s_freeze with { }, s_drop, s_scan with { Topics = new List<string> { "/scan" } }], epoch: 4);

        Assert.Equal([(0, 3L), (1, 3L), (2, 3L)], PlacesOf(first));
        Assert.Equal([(2, 3L), (0, 3L), (1, 3L)], PlacesOf(next));
    }

    [Fact]
    public void Others_begin_at_the_first_places_that_are_free()
    {
        var before = InjectedFaults.Replace(null, [s_drop, s_scan, s_freeze], epoch: 3);

        var next = InjectedFaults.Replace(before, [s_drop with { Rate = 0.5 }, s_scan, s_drop with { Share = 0.5 }], epoch: 4);

        Assert.Equal([(0, 4L), (1, 3L), (2, 4L)], PlacesOf(next));
        Assert.Equal([(0, 5L)], PlacesOf(InjectedFaults.Replace(InjectedFaults.Replace(next, [], epoch: 4), [s_drop], epoch: 5)));
    }

    [Fact]
    public void The_same_fault_twice_is_two()
    {
        var before = InjectedFaults.Replace(null, [s_drop, s_drop], epoch: 1);

        Assert.Equal([(0, 1L), (1, 1L)], PlacesOf(before));
        Assert.Equal([(0, 1L), (1, 1L), (2, 2L)], PlacesOf(InjectedFaults.Replace(before, [s_drop, s_drop, s_drop], epoch: 2)));
        Assert.Equal(16, PlacesOf(InjectedFaults.Replace(before, [.. Enumerable.Repeat(s_drop, FleetOptions.MaxFaults)], epoch: 2)).Distinct().Count());
    }

    [Fact]
    public void Nothing_is_null_and_the_same_is_equal()
    {
        Assert.Null(InjectedFaults.Replace(InjectedFaults.Replace(null, [s_drop], epoch: 1), [], epoch: 2));
        Assert.Equal(InjectedFaults.Replace(null, [s_drop, s_scan], epoch: 1), InjectedFaults.Replace(null, [s_drop with { }, s_scan with { Topics = ["/scan"] }], epoch: 1));
        Assert.NotEqual(InjectedFaults.Replace(null, [s_drop], epoch: 1), InjectedFaults.Replace(null, [s_drop], epoch: 2));
        Assert.NotEqual(s_scan, s_scan with { Topics = ["/odom"] });
    }

    private static IEnumerable<(int Place, long Epoch)> PlacesOf(InjectedFaults? faults) => faults!.Faults.Select(fault => (fault.Place, fault.Epoch));
}
