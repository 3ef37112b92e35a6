using SimulationManager.Api.Executions;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>How a run plays at a moment.</summary>
/// <param name="IsPaused">Whether its agents are held.</param>
/// <param name="Rate">Speed factor that was set during the run; null: each part's own.</param>
/// <param name="Position">Where its first agent is, from its bag's first message; null: it does not play, or is not known to.</param>
/// <param name="Faults">What is injected into its parts.</param>
public sealed record RunPlayback(bool IsPaused, double? Rate, TimeSpan? Position, IReadOnlyList<InjectedFaultsView> Faults);
