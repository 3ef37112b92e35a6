using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Which simulations a list shows, each parameter null for all.</summary>
public sealed record SimulationFilter
{
    [FromQuery(Name = "pattern_type"), AlsoAs("patternType"), AllowedValues(PatternWords.Sequential, PatternWords.Parallel)]
    public string? PatternType { get; init; }

    /// <summary>Deleted simulations are shown only when they are asked for.</summary>
    [FromQuery(Name = "status"), AllowedValues("INITIATING", "PENDING", "RUNNING", "DELETING", "DELETED")]
    public string? Status { get; init; }

    [FromQuery(Name = "start_date"), AlsoAs("startDate"), NotAfter("end_date"), Description("First day, included (UTC).")]
    public DateOnly? From { get; init; }

    [FromQuery(Name = "end_date"), AlsoAs("endDate"), Description("Last day, included (UTC).")]
    public DateOnly? Until { get; init; }

    /// <summary>Whether it lets every simulation through that is not deleted.</summary>
    public bool IsOpen => (PatternType, Status, From, Until) is (null, null, null, null);

    /// <summary>The simulations that it lets through.</summary>
    public IQueryable<Simulation> Apply(IQueryable<Simulation> simulations)
    {
        SimulationStatus? wanted = Status is null ? null : PatternWords.StatusByWord[Status];
        simulations = wanted == SimulationStatus.Deleted
            ? simulations.Where(simulation => simulation.DeletedAt != null)
            : simulations.Where(simulation => simulation.DeletedAt == null);
        if (wanted is { } status and not SimulationStatus.Deleted) simulations = simulations.Where(simulation => simulation.Status == status);
        if (PatternType is not null)
        {
            var kind = PatternWords.ByWord[PatternType];
            simulations = simulations.Where(simulation => simulation.PatternType == kind);
        }

        if (From is { } from)
        {
            var start = StartOf(from);
            simulations = simulations.Where(simulation => simulation.CreatedAt >= start);
        }

        // Both ends are included; the last day of the calendar has no next one, and needs none.
        if (Until is { } until && until < DateOnly.MaxValue)
        {
            var end = StartOf(until.AddDays(1));
            simulations = simulations.Where(simulation => simulation.CreatedAt < end);
        }

        return simulations;
    }

    private static DateTimeOffset StartOf(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
