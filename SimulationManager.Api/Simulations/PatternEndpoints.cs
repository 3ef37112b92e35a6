using Microsoft.AspNetCore.Mvc;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Simulations;

/// <summary><c>/api/simulation/{id}/pattern</c>: the plan's steps or groups, one at a time.</summary>
internal static class PatternEndpoints
{
    public static void MapPatternEndpoints(this RouteGroupBuilder api)
    {
        var pattern = api.MapGroup("/simulation/{id:long}/pattern").WithTags("Pattern editing");
        pattern.MapPost("", AddAsync).WithName("AddPatternPart").WithSummary("Add a step or a group").Refuses(400, 404, 409);
        pattern.MapPut("", ChangeAsync).WithName("ChangePatternPart").WithSummary("Change a step or a group").Refuses(400, 404, 409);
        pattern.MapDelete("", RemoveAsync).WithName("RemovePatternPart").WithSummary("Remove the last step or a group").Refuses(400, 404, 409);
    }

    private static async Task<OkReply<PatternView>> AddAsync(
        long id, PatternAddRequest body, PatternService patterns, CancellationToken cancellationToken) =>
        Replies.Ok(await patterns.AddAsync(id, body, cancellationToken), Messages.PatternAdded);

    private static async Task<OkReply<PatternView>> ChangeAsync(
        long id, PatternChangeRequest body, PatternService patterns, CancellationToken cancellationToken) =>
        Replies.Ok(await patterns.ChangeAsync(id, body, cancellationToken), Messages.PatternChanged);

    private static async Task<OkReply<PatternView>> RemoveAsync(
        long id, [FromBody] PatternRemoveRequest body, PatternService patterns, CancellationToken cancellationToken) =>
        Replies.Ok(await patterns.RemoveAsync(id, body, cancellationToken), Messages.PatternRemoved);
}
