using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Auth;

/// <summary><c>/api/auth</c>: accounts, tokens and devices.</summary>
internal static class AuthEndpoints
{
    public static void MapAuthEndpoints(this RouteGroupBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Auth");
        auth.MapPost("/signup", SignUpAsync).WithName("SignUp").WithSummary("Create an account")
            .WithDescription("The first `admin` may sign up freely; after that an admin's token is needed to create one (409 without).")
            .AllowAnonymous().Refuses(400, 403, 409, 429);
        auth.MapPost("/signin", SignInAsync).WithName("SignIn").WithSummary("Get an access token and a refresh cookie")
            .AllowAnonymous().Refuses(400, 401, 429);
        auth.MapPost("/logout", LogoutAsync).WithName("Logout").WithSummary("Sign this device out")
            .WithDescription("The refresh cookie is enough, whatever is in it; an access token alone is accepted too.")
            .AllowAnonymous().ReadsRefreshCookie().Refuses(401);
        auth.MapPost("/refresh", RefreshAsync).WithName("Refresh").WithSummary("Get a fresh access token")
            .AllowAnonymous().ReadsRefreshCookie().Refuses(401, 429);
        auth.MapPost("/verify", Verify).WithName("Verify").WithSummary("Whom the access token stands for");
        auth.MapGet("/sessions", ListSessionsAsync).WithName("ListSessions").WithSummary("The devices one is signed in on");
        auth.MapDelete("/sessions", CloseSessionsAsync).WithName("CloseSessions").WithSummary("Sign all one's devices out");
        auth.MapDelete("/sessions/{sessionId}", CloseSessionAsync).WithName("CloseSession").WithSummary("Sign one device out").Refuses(404);
    }

    private static async Task<CreatedReply<SignUpAnswer>> SignUpAsync(
        SignUpRequest body, ClaimsPrincipal caller, HttpContext context, Accounts accounts, CancellationToken cancellationToken)
    {
        // Anyone may sign up, but who makes an admin is to refresh an expired token first: only then is it known who asks.
        if (body.Role == UserClaims.Admin && await context.HasExpiredTokenAsync()) throw Refuse.Forbidden(Messages.TokenExpired);
        var user = await accounts.SignUpAsync(body, caller.IsAdmin(), AddressOf(context), cancellationToken);
        return Replies.Created(new SignUpAnswer(user.Email, user.Role.ToWire()), Messages.SignedUp);
    }

    private static async Task<OkReply<SignInAnswer>> SignInAsync(
        SignInRequest body, HttpContext context, Accounts accounts, IOptions<AuthOptions> options, CancellationToken cancellationToken)
    {
        var device = context.Request.Headers.UserAgent.ToString();
        var (user, token, refresh) = await accounts.SignInAsync(body, device, AddressOf(context), cancellationToken);
        if (refresh is not null) RefreshCookie.Set(context, refresh, options.Value.RefreshTokenLifetime);
        return Replies.Ok(
            new SignInAnswer(user.Email, token.Text, token.ExpiresAt, user.Role.ToWire()),
            refresh is null ? Messages.SignedInBriefly : Messages.SignedIn);
    }

    private static async Task<NoContent> LogoutAsync(HttpContext context, ClaimsPrincipal caller, DeviceSessions sessions)
    {
        var refresh = RefreshCookie.Read(context.Request);
        if (!RefreshCookie.IsSent(context.Request) && caller.Identity is not { IsAuthenticated: true }) throw Refuse.Unauthorized(Messages.RefreshTokenMissing);
        if (refresh is not null) await sessions.CloseAsync(refresh);
        RefreshCookie.Clear(context);
        return TypedResults.NoContent();
    }

    private static async Task<OkReply<RefreshAnswer>> RefreshAsync(
        HttpContext context, Accounts accounts, IOptions<AuthOptions> options, CancellationToken cancellationToken)
    {
        var refresh = RefreshCookie.Read(context.Request);
        var token = await accounts.RefreshAsync(refresh, AddressOf(context), cancellationToken);
        RefreshCookie.Set(context, refresh!, options.Value.RefreshTokenLifetime);
        return Replies.Ok(new RefreshAnswer(token.Text, token.ExpiresAt), Messages.Refreshed);
    }

    private static OkReply<VerifyAnswer> Verify(ClaimsPrincipal caller) =>
        Replies.Ok(new VerifyAnswer(true, caller.UserId(), caller.UserEmail(), caller.UserRole()), Messages.TokenValid);

    private static async Task<OkReply<IReadOnlyList<SessionView>>> ListSessionsAsync(
        ClaimsPrincipal caller, HttpContext context, DeviceSessions sessions)
    {
        var refresh = RefreshCookie.Read(context.Request);
        var current = refresh is null ? null : (await sessions.FindAsync(refresh))?.SessionId;
        var devices = await sessions.OfUserAsync(caller.UserId());
        IReadOnlyList<SessionView> views =
        [
            .. devices.Select(session => new SessionView(
                session.SessionId, session.Device, session.Address, session.CreatedAt, session.LastUsedAt, session.SessionId == current)),
        ];
        return Replies.Ok(views, Messages.SessionsListed);
    }

    private static async Task<OkReply<SessionsClosed>> CloseSessionsAsync(ClaimsPrincipal caller, HttpContext context, DeviceSessions sessions)
    {
        var closed = await sessions.CloseAllAsync(caller.UserId());
        RefreshCookie.Clear(context);
        return Replies.Ok(new SessionsClosed(closed), Messages.SessionsClosed);
    }

    private static async Task<OkReply<SessionsClosed>> CloseSessionAsync(string sessionId, ClaimsPrincipal caller, DeviceSessions sessions)
    {
        if (!await sessions.CloseOneAsync(caller.UserId(), sessionId)) throw Refuse.NotFound(Messages.SessionNotFound, sessionId);
        return Replies.Ok(new SessionsClosed(1), Messages.SessionsClosed);
    }

    internal static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";
}
