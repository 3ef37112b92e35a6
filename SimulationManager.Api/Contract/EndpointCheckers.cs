using SimulationManager.Replay;

namespace SimulationManager.Api.Contract;

/// <summary>Checks addresses that requests name.</summary>
internal static class EndpointCheckers
{
    /// <summary>Adds a problem when a text is given that names no endpoints.</summary>
    /// <param name="field">The field's path.</param>
    /// <param name="text">The text.</param>
    /// <param name="problems">Takes the problem.</param>
    /// <param name="mayNameCredentials">
    /// Whether the worker's credentials may be shown to these hosts. Only an admin decides that: anybody else could have them sent to a host of theirs.
    /// </param>
    public static void Check(string field, string? text, ICollection<FieldProblem> problems, bool mayNameCredentials)
    {
        if (text is null) return;
        var problem = !OutputEndpoint.TryParseList(text, out var endpoints, out var wrong) ? wrong
            : !mayNameCredentials && endpoints.Any(endpoint => endpoint.Credentials is not null) ? "credentials can be named by the endpoint of a site alone, which an admin registers"
            : null;
        if (problem is not null) problems.Add(new FieldProblem(field, Messages.EndpointWrong, problem));
    }
}
