namespace SimulationManager.Api.Contract;

/// <summary>
/// Names of the sentences that clients read; the sentences are in <c>Messages.resx</c> (English) and <c>Messages.ko.resx</c> (Korean).
/// </summary>
public sealed class Messages
{
    public const string RequestNotValid = nameof(RequestNotValid);
    public const string BodyNotReadable = nameof(BodyNotReadable);
    public const string JsonNotValid = nameof(JsonNotValid);
    public const string BodyTooLarge = nameof(BodyTooLarge);
    public const string ContentTypeNotSupported = nameof(ContentTypeNotSupported);
    public const string RouteNotFound = nameof(RouteNotFound);
    public const string MethodNotAllowed = nameof(MethodNotAllowed);
    public const string RequestTooSlow = nameof(RequestTooSlow);
    public const string TooManyAttempts = nameof(TooManyAttempts);
    public const string AlreadyExists = nameof(AlreadyExists);
    public const string Busy = nameof(Busy);
    public const string DatabaseUnavailable = nameof(DatabaseUnavailable);
    public const string RedisUnavailable = nameof(RedisUnavailable);
    public const string StorageUnavailable = nameof(StorageUnavailable);
    public const string WorkerUnavailable = nameof(WorkerUnavailable);
    public const string ServiceUnavailable = nameof(ServiceUnavailable);
    public const string Unexpected = nameof(Unexpected);

    public const string EndpointWrong = nameof(EndpointWrong);
    public const string PatternWrong = nameof(PatternWrong);
    public const string PoseOffsetOneWay = nameof(PoseOffsetOneWay);
    public const string FrameNames = nameof(FrameNames);
    public const string FaultAgentsOneWay = nameof(FaultAgentsOneWay);
    public const string FaultLastBeforeFirst = nameof(FaultLastBeforeFirst);
    public const string FaultTopics = nameof(FaultTopics);
    public const string FaultEveryTooShort = nameof(FaultEveryTooShort);
    public const string FaultFieldUnused = nameof(FaultFieldUnused);
    public const string FaultFieldMissing = nameof(FaultFieldMissing);
    public const string FieldRequired = nameof(FieldRequired);
    public const string FieldBlank = nameof(FieldBlank);
    public const string FieldLength = nameof(FieldLength);
    public const string FieldRange = nameof(FieldRange);
    public const string FieldOneOf = nameof(FieldOneOf);
    public const string FieldItems = nameof(FieldItems);
    public const string FieldType = nameof(FieldType);
    public const string FieldCharacters = nameof(FieldCharacters);
    public const string FieldDay = nameof(FieldDay);
    public const string FieldId = nameof(FieldId);
    public const string FieldEmail = nameof(FieldEmail);
    public const string FieldNoBlanks = nameof(FieldNoBlanks);
    public const string FieldTwice = nameof(FieldTwice);
    public const string DatesReversed = nameof(DatesReversed);
    public const string TopicNames = nameof(TopicNames);
    public const string TopicPattern = nameof(TopicPattern);
    public const string ClockOneWay = nameof(ClockOneWay);
    public const string ClockFrequencyAlone = nameof(ClockFrequencyAlone);

    public const string SignedUp = nameof(SignedUp);
    public const string SignedIn = nameof(SignedIn);
    public const string SignedInBriefly = nameof(SignedInBriefly);
    public const string Refreshed = nameof(Refreshed);
    public const string TokenValid = nameof(TokenValid);
    public const string TokenMissing = nameof(TokenMissing);
    public const string TokenNotOurs = nameof(TokenNotOurs);
    public const string TokenExpired = nameof(TokenExpired);
    public const string RoleNotAllowed = nameof(RoleNotAllowed);
    public const string AdminNeedsAdmin = nameof(AdminNeedsAdmin);
    public const string EmailTaken = nameof(EmailTaken);
    public const string PasswordsDiffer = nameof(PasswordsDiffer);
    public const string SignInWrong = nameof(SignInWrong);
    public const string RefreshTokenMissing = nameof(RefreshTokenMissing);
    public const string RefreshTokenDead = nameof(RefreshTokenDead);
    public const string SessionsListed = nameof(SessionsListed);
    public const string SessionsClosed = nameof(SessionsClosed);
    public const string SessionNotFound = nameof(SessionNotFound);

    public const string TemplatesListed = nameof(TemplatesListed);
    public const string TemplateCreated = nameof(TemplateCreated);
    public const string TemplateRead = nameof(TemplateRead);
    public const string TemplateChanged = nameof(TemplateChanged);
    public const string TemplateDeleted = nameof(TemplateDeleted);
    public const string TemplateNotFound = nameof(TemplateNotFound);
    public const string TemplateNameTaken = nameof(TemplateNameTaken);
    public const string TemplateInUse = nameof(TemplateInUse);
    public const string TemplateDeletedInPlan = nameof(TemplateDeletedInPlan);
    public const string NothingToChange = nameof(NothingToChange);
    public const string FormExpected = nameof(FormExpected);
    public const string FormNotReadable = nameof(FormNotReadable);
    public const string FileExpected = nameof(FileExpected);
    public const string FileNameUnsafe = nameof(FileNameUnsafe);
    public const string FileNameCharacter = nameof(FileNameCharacter);
    public const string LogWithoutBag = nameof(LogWithoutBag);
    public const string BagFileEnding = nameof(BagFileEnding);
    public const string MetadataFileEnding = nameof(MetadataFileEnding);
    public const string FileTwice = nameof(FileTwice);
    public const string FileEmpty = nameof(FileEmpty);
    public const string FileNotReadable = nameof(FileNotReadable);
    public const string FilesTooMany = nameof(FilesTooMany);
    public const string BundleTooLarge = nameof(BundleTooLarge);
    public const string BagRefused = nameof(BagRefused);
    public const string TopicsUnknown = nameof(TopicsUnknown);
    public const string BagRead = nameof(BagRead);
    public const string BagNotInspected = nameof(BagNotInspected);
    public const string BundleGone = nameof(BundleGone);
    public const string BagNotConverted = nameof(BagNotConverted);
    public const string ConversionsBusy = nameof(ConversionsBusy);

    public const string SimulationCreated = nameof(SimulationCreated);
    public const string SimulationsListed = nameof(SimulationsListed);
    public const string SimulationRead = nameof(SimulationRead);
    public const string SimulationStarted = nameof(SimulationStarted);
    public const string SimulationNotFound = nameof(SimulationNotFound);
    public const string SimulationNameTaken = nameof(SimulationNameTaken);
    public const string SimulationRunning = nameof(SimulationRunning);
    public const string SimulationDeleting = nameof(SimulationDeleting);
    public const string SimulationNotReady = nameof(SimulationNotReady);
    public const string StatusRead = nameof(StatusRead);
    public const string PatternKind = nameof(PatternKind);
    public const string PatternEmpty = nameof(PatternEmpty);
    public const string StepOrderGap = nameof(StepOrderGap);
    public const string StepOrderTaken = nameof(StepOrderTaken);

    public const string ExecutionsListed = nameof(ExecutionsListed);
    public const string ExecutionRead = nameof(ExecutionRead);
    public const string ExecutionStopped = nameof(ExecutionStopped);
    public const string ExecutionNotFound = nameof(ExecutionNotFound);
    public const string ExecutionEnded = nameof(ExecutionEnded);
    public const string RecordingTooLarge = nameof(RecordingTooLarge);
    public const string RecordingNotPlayed = nameof(RecordingNotPlayed);
    public const string RecordingsBusy = nameof(RecordingsBusy);
    public const string WebSocketNeeded = nameof(WebSocketNeeded);
    public const string SubprotocolNeeded = nameof(SubprotocolNeeded);
    public const string AgentNumbersWrong = nameof(AgentNumbersWrong);
    public const string ExecutionNotPaused = nameof(ExecutionNotPaused);
    public const string AgentsChanged = nameof(AgentsChanged);
    public const string AgentCountZero = nameof(AgentCountZero);
    public const string FaultsChanged = nameof(FaultsChanged);
    public const string FaultsPartEnded = nameof(FaultsPartEnded);
    public const string StepOrGroupId = nameof(StepOrGroupId);
    public const string AgentsGroupNeeded = nameof(AgentsGroupNeeded);
    public const string AgentsNotPlaying = nameof(AgentsNotPlaying);
    public const string AgentsTooMany = nameof(AgentsTooMany);
    public const string AgentsNoneRemain = nameof(AgentsNoneRemain);
    public const string AgentsChangedTooOften = nameof(AgentsChangedTooOften);
    public const string ReportRead = nameof(ReportRead);
    public const string InstancesListed = nameof(InstancesListed);
    public const string RecordingsListed = nameof(RecordingsListed);
    public const string RecordingNotFound = nameof(RecordingNotFound);
    public const string ListenTopicWrong = nameof(ListenTopicWrong);
    public const string ListenTopicTwice = nameof(ListenTopicTwice);
    public const string ListenOneEndpoint = nameof(ListenOneEndpoint);
    public const string ListenPrefix = nameof(ListenPrefix);
    public const string ListenSiteOnce = nameof(ListenSiteOnce);
    public const string RecordTopicWrong = nameof(RecordTopicWrong);
    public const string RecordAgents = nameof(RecordAgents);
    public const string RecordAgentsInPlan = nameof(RecordAgentsInPlan);
    public const string PlaybackChanged = nameof(PlaybackChanged);

    public const string PatternAdded = nameof(PatternAdded);
    public const string PatternChanged = nameof(PatternChanged);
    public const string PatternRemoved = nameof(PatternRemoved);
    public const string PatternLast = nameof(PatternLast);
    public const string StepOrGroup = nameof(StepOrGroup);
    public const string StepOrderNext = nameof(StepOrderNext);
    public const string StepOrderLast = nameof(StepOrderLast);
    public const string StepNotFound = nameof(StepNotFound);
    public const string GroupNotFound = nameof(GroupNotFound);

    public const string DeletionStarted = nameof(DeletionStarted);
    public const string DeletionRead = nameof(DeletionRead);
    public const string DeletionNotFound = nameof(DeletionNotFound);

    public const string InstancesCreated = nameof(InstancesCreated);
    public const string InstanceRead = nameof(InstanceRead);
    public const string InstanceDeleted = nameof(InstanceDeleted);
    public const string InstanceActionDone = nameof(InstanceActionDone);
    public const string InstanceNotFound = nameof(InstanceNotFound);
    public const string InstanceRunning = nameof(InstanceRunning);

    public const string OverviewRead = nameof(OverviewRead);
    public const string UsageNormal = nameof(UsageNormal);
    public const string UsageCollecting = nameof(UsageCollecting);
    public const string UsageNoWorker = nameof(UsageNoWorker);
    public const string UsageNoRedis = nameof(UsageNoRedis);
    public const string UsageSourceFailed = nameof(UsageSourceFailed);

    public const string MecListed = nameof(MecListed);
    public const string MecCreated = nameof(MecCreated);
    public const string MecChanged = nameof(MecChanged);
    public const string MecDeleted = nameof(MecDeleted);
    public const string MecNotFound = nameof(MecNotFound);
    public const string MecNameTaken = nameof(MecNameTaken);
    public const string MecChecked = nameof(MecChecked);
    public const string MecWithoutEndpoint = nameof(MecWithoutEndpoint);

    public const string UsersListed = nameof(UsersListed);
    public const string UserChanged = nameof(UserChanged);
    public const string UserDeleted = nameof(UserDeleted);
    public const string UserNotFound = nameof(UserNotFound);
    public const string LastAdmin = nameof(LastAdmin);

    public const string UploadStarted = nameof(UploadStarted);
    public const string UploadRead = nameof(UploadRead);
    public const string UploadDeleted = nameof(UploadDeleted);
    public const string UploadNotFound = nameof(UploadNotFound);
    public const string PartsMissing = nameof(PartsMissing);
    public const string PartMissing = nameof(PartMissing);

    // Sentences about a run; their keys are stored (RunSentences).
    public const string RunNotStarted = nameof(RunNotStarted);
    public const string RunStarted = nameof(RunStarted);
    public const string RunPaused = nameof(RunPaused);
    public const string RunOverloaded = nameof(RunOverloaded);
    public const string RunFailed = nameof(RunFailed);
    public const string RunStopped = nameof(RunStopped);
    public const string RunGroups = nameof(RunGroups);
    public const string RunStep = nameof(RunStep);
    public const string RunMakingReady = nameof(RunMakingReady);
    public const string RunBetweenSteps = nameof(RunBetweenSteps);
    public const string RunStepsCompleted = nameof(RunStepsCompleted);
    public const string RunGroupsCompleted = nameof(RunGroupsCompleted);
    public const string RunStepsLimited = nameof(RunStepsLimited);
    public const string RunGroupsLimited = nameof(RunGroupsLimited);
    public const string RunSilentSteps = nameof(RunSilentSteps);
    public const string RunSilentGroups = nameof(RunSilentGroups);
    public const string RunBroke = nameof(RunBroke);

    private Messages()
    {
    }
}
