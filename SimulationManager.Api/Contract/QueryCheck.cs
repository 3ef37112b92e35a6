using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Primitives;

namespace SimulationManager.Api.Contract;

/// <summary>
/// Checks query parameters before the framework binds them, by the types and annotations by which it binds and documents them. The
/// framework would refuse the first bad value only, and without its name; it knows one spelling, and takes an empty value for a bad one.
/// </summary>
internal static class QueryCheck
{
    public static RouteGroupBuilder ChecksQuery(this RouteGroupBuilder group)
    {
        ((IEndpointConventionBuilder)group).Finally(endpoint =>
        {
            QueryParameter[] parameters =
                [.. endpoint.Metadata.OfType<IParameterBindingMetadata>().Select(parameter => QueryParameter.Of(parameter.ParameterInfo)).OfType<QueryParameter>()];
            if (parameters.Length == 0) return;
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context =>
            {
                Check(context.Request, parameters);
                return next(context);
            };
        });
        return group;
    }

    /// <summary>Refuses what is not valid, and leaves the rest as the framework binds it.</summary>
    private static void Check(HttpRequest request, QueryParameter[] parameters)
    {
        var texts = parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.TextIn(request));
        FieldProblem[] problems = [.. parameters.Select(parameter => ProblemOf(parameter, texts)).OfType<FieldProblem>()];
        if (problems.Length > 0) throw Refuse.Invalid(problems);
        request.Query = new QueryCollection(
            parameters.Where(parameter => !parameter.IsHeader && texts[parameter.Name] is not null)
                .ToDictionary(parameter => parameter.Name, parameter => new StringValues(texts[parameter.Name])));
        foreach (var header in parameters.Where(parameter => parameter.IsHeader)) request.Headers[header.Name] = texts[header.Name];
    }

    private static FieldProblem? ProblemOf(QueryParameter parameter, Dictionary<string, string?> texts)
    {
        if (texts[parameter.Name] is not { } text) return null;
        if (parameter.ProblemOf(text) is { } problem) return problem;
        return parameter.Latest is { } latest && QueryParameter.DayOf(text) > QueryParameter.DayOf(texts[latest])
            ? new FieldProblem(parameter.Name, Messages.DatesReversed)
            : null;
    }
}
