using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>How agents differ from each other, as it is typed.</summary>
public sealed class FleetDraft
{
    public const int MostFaults = 16;

    public NumberText Seed { get; } = new(long.MinValue, long.MaxValue) { IsWhole = true };

    /// <summary>Seconds.</summary>
    public NumberText Ramp { get; } = NumberText.Required(0, 86_400, "0");

    public NumberText RampSteps { get; } = new(2, 1000) { IsWhole = true };
    public bool Stagger { get; set; }

    /// <summary>Seconds of the bag.</summary>
    public NumberText StaggerWithin { get; } = new(0.001m, 4_611_686_018);

    /// <summary>Milliseconds.</summary>
    public NumberText Jitter { get; } = new(0, 10_000);

    public List<FaultDraft> Faults { get; } = [];

    /// <summary>Whether there is more than that agents join, and begin, one after the other.</summary>
    public bool HasMore => Seed.Text.Length + RampSteps.Text.Length + StaggerWithin.Text.Length + Jitter.Text.Length + Faults.Count > 0;

    public bool IsValid => Seed.IsValid && Ramp.IsValid && RampSteps.IsValid && (!Stagger || StaggerWithin.IsValid) && Jitter.IsValid && Faults.Count <= MostFaults && Faults.All(fault => fault.IsValid);

    public void Set(FleetSettings? fleet)
    {
        if (fleet is null) return;
        Seed.Set(fleet.Seed is 0 ? null : fleet.Seed);
        Ramp.Set(fleet.Ramp?.Seconds ?? 0);
        RampSteps.Set((long?)fleet.Ramp?.Steps);
        Stagger = fleet.Stagger is not null;
        StaggerWithin.Set(fleet.Stagger?.Within);
        Jitter.Set(fleet.Jitter is > 0 ? fleet.Jitter : null);
        Faults.AddRange((fleet.Faults ?? []).Select(FaultDraft.Of));
    }

    /// <summary>Null when all is as it is without.</summary>
    public FleetSettings? ToSettings()
    {
        var settings = new FleetSettings(
            Seed.AsLong is 0 ? null : Seed.AsLong,
            Ramp.AsDouble is { } seconds && (seconds > 0 || RampSteps.Text.Length > 0) ? new Ramp(seconds, RampSteps.AsInt) : null,
            Stagger ? new Stagger(StaggerWithin.AsDouble) : null,
            Jitter.AsDouble is > 0 ? Jitter.AsDouble : null,
            Faults.Count == 0 ? null : [.. Faults.Select(fault => fault.ToSettings())]);
        return settings == new FleetSettings(null, null, null, null, null) ? null : settings;
    }
}
