using Microsoft.Extensions.Options;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Worker.Bundles;

namespace SimulationManager.Worker.Executions;

/// <summary>Opens what cohorts of this silo publish through.</summary>
public sealed class CohortOutputs(ReplayEngine engine, IOptions<SinkOptions> options, ILocalSiloDetails silo, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>Begins to connect to the endpoints of a cohort's part; null: it has none.</summary>
    /// <exception cref="BundleUnusableException">They cannot be published to, whatever happens.</exception>
    public CohortOutput? Open(CohortKey key, CohortAssignment assignment, ReplayTimeline timeline)
    {
        if (assignment.Part.Output is not { Endpoints.Count: > 0 } output) return null;
        try
        {
            var plan = new OutputPlan
            {
                Simulation = output.Simulation,
                Endpoints = OutputEndpoint.ParseAll(output.Endpoints),
                // A client id is nobody else's: of each silo's cohorts, each has a connection of its own.
                Process = $"{silo.SiloAddress.ToParsableString().Replace('@', '-')}-{key.Run.Kind}-{key.Run.Id}-{key.CohortId}",
                Credentials = options.Value.Credentials,
                Clock = engine.Clock,
                Time = time,
                Loggers = loggers,
            };
            return new CohortOutput(plan, timeline, [.. assignment.Checkpoint.Agents.Where(agent => !agent.State.HasEnded()).Select(agent => agent.InstanceId)]);
        }
        catch (FormatException exception)
        {
            throw new BundleUnusableException($"messages cannot be published: {exception.Message}", exception);
        }
    }
}
