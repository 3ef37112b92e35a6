using Microsoft.Extensions.Options;
using SimulationManager.Core.Bundles;
using SimulationManager.Replay;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Executions;

/// <summary>Opens what cohorts of this silo publish through.</summary>
public sealed class CohortOutputs(ReplayEngine engine, IOptions<SinkOptions> options, PublishTotals totals, ILocalSiloDetails silo, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>Begins to connect to the endpoints of a cohort's part; null: it has none.</summary>
    /// <exception cref="BundleUnusableException">They cannot be published to, whatever happens.</exception>
    /// <param name="key">The cohort.</param>
    /// <param name="assignment">What it plays.</param>
    /// <param name="timeline">The messages.</param>
    /// <param name="hold">Holds one of its agents, or lets it go on.</param>
    public CohortOutput? Open(CohortKey key, CohortAssignment assignment, ReplayTimeline timeline, Action<long, bool> hold)
    {
        if (assignment.Part.Output is not { Endpoints.Count: > 0 } output) return null;
        try
        {
            var plan = new OutputPlan
            {
                Simulation = output.Simulation,
                Endpoints = OutputEndpoint.ParseAll(output.Endpoints),
                Payloads = PayloadPlans.Of(output.Options),
                // A client id is nobody else's: of each silo's cohorts, each has a connection of its own.
                Process = $"{silo.SiloAddress.ToParsableString().Replace('@', '-')}-{key.Run.Kind}-{key.Run.Id}-{key.CohortId}",
                Credentials = options.Value.Credentials,
                AgentStates = assignment.Checkpoint.AgentStates,
                Pending = assignment.Checkpoint.Pending,
                Hold = hold,
                Clock = engine.Clock,
                Time = time,
                Loggers = loggers,
            };
            // One that has ended may have been lost before all that it put out was published.
            var agents = assignment.Checkpoint.Agents.Where(agent => !agent.State.HasEnded() || plan.Pending.ContainsKey(agent.InstanceId));
            return totals.Add(new CohortOutput(plan, timeline, [.. agents.Select(agent => agent.InstanceId)]));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new BundleUnusableException($"messages cannot be published: {exception.Message}", exception);
        }
    }
}
