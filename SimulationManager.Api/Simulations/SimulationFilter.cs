using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Which simulations a list shows.</summary>
public sealed record SimulationFilter(PageRequest Page, PatternType? PatternType, SimulationStatus? Status, DateOnly? From, DateOnly? Until)
{
    /// <summary>Whether it lets every simulation through that is not deleted.</summary>
    public bool IsOpen => (PatternType, Status, From, Until) is (null, null, null, null);

    /// <summary>Reads a filter from a query, each parameter in either spelling.</summary>
    /// <exception cref="RefusalException">A parameter is not valid (400).</exception>
    public static SimulationFilter Read(IQueryCollection parameters)
    {
        var query = new QueryReader(parameters);
        var filter = new SimulationFilter(
            PageRequest.From(query),
            query.Word(PatternWords.ByWord, "pattern_type", "patternType"),
            query.Word(PatternWords.StatusByWord, "status"),
            query.Day("start_date", "startDate"),
            query.Day("end_date", "endDate"));
        if (filter.From > filter.Until) query.Add("start_date", Messages.DatesReversed);
        query.EnsureValid();
        return filter;
    }

    /// <summary>Deleted simulations are shown only when they are asked for.</summary>
    public IQueryable<Simulation> Apply(IQueryable<Simulation> simulations)
    {
        simulations = Status == SimulationStatus.Deleted
            ? simulations.Where(simulation => simulation.DeletedAt != null)
            : simulations.Where(simulation => simulation.DeletedAt == null);
        if (Status is { } status and not SimulationStatus.Deleted) simulations = simulations.Where(simulation => simulation.Status == status);
        if (PatternType is { } kind) simulations = simulations.Where(simulation => simulation.PatternType == kind);
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
