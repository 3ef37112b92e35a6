using SimulationManager.Replay;

namespace SimulationManager.Api.Contract;

/// <summary>Checks addresses that requests name.</summary>
internal static class EndpointCheckers
{
    /// <summary>Adds a problem when a text is given that names no endpoints.</summary>
    public static void Check(string field, string? text, ICollection<FieldProblem> problems)
    {
        if (text is not null && !OutputEndpoint.TryParseList(text, out _, out var problem)) problems.Add(new FieldProblem(field, Messages.EndpointWrong, problem));
    }
}
