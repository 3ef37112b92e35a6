using System.Security.Claims;
using SimulationManager.Api.Auth;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Templates;

/// <summary><c>/api/template/uploads</c>: big bags, sent by the browser to storage directly.</summary>
internal static class PartUploadEndpoints
{
    public static void MapPartUploadEndpoints(this RouteGroupBuilder api)
    {
        var uploads = api.MapGroup("/template/uploads").WithTags("Templates");
        uploads.MapPost("", StartAsync).WithName("StartUpload").WithSummary("Begin to send a big bag in parts")
            .WithDescription("`PUT` each part's bytes to its `uploadUrl`, several at once if you like, then complete the upload. What is not completed in time is removed.")
            .Refuses(400, 409, 413);
        uploads.MapGet("/{uploadId}", GetAsync).WithName("GetUpload").WithSummary("Which parts are there, and fresh addresses for the others").Refuses(404);
        uploads.MapPost("/{uploadId}/complete", CompleteAsync).WithName("CompleteUpload").WithSummary("Check what was sent and make a template of it").Refuses(400, 404, 409);
        uploads.MapDelete("/{uploadId}", DeleteAsync).WithName("DeleteUpload").WithSummary("Give an upload up").Refuses(404);
    }

    private static async Task<CreatedReply<PartUploadView>> StartAsync(
        PartUploadRequest body, ClaimsPrincipal caller, PartUploads uploads, CancellationToken cancellationToken) =>
        Replies.Created(await uploads.StartAsync(body, caller.UserId(), cancellationToken), Messages.UploadStarted);

    private static async Task<OkReply<PartUploadView>> GetAsync(
        string uploadId, ClaimsPrincipal caller, PartUploads uploads, CancellationToken cancellationToken) =>
        Replies.Ok(await uploads.GetAsync(uploadId, caller.UserId(), cancellationToken), Messages.UploadRead);

    private static async Task<CreatedReply<TemplateView>> CompleteAsync(
        string uploadId, ClaimsPrincipal caller, PartUploads uploads, TemplateViews views, CancellationToken cancellationToken) =>
        Replies.Created(await views.OfAsync(await uploads.CompleteAsync(uploadId, caller.UserId(), cancellationToken)), Messages.TemplateCreated);

    private static async Task<OkReply<PartUploadDeleted>> DeleteAsync(
        string uploadId, ClaimsPrincipal caller, PartUploads uploads, CancellationToken cancellationToken)
    {
        await uploads.DeleteAsync(uploadId, caller.UserId(), cancellationToken);
        return Replies.Ok(new PartUploadDeleted(uploadId), Messages.UploadDeleted);
    }
}
